// What stands for an address in the reference of no deployment.

/** Where the reference says "your deployment". */
export const ISSUER_PLACEHOLDER = 'https://tokens.example.com';
