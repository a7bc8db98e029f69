// The version of this service, as it names itself to issuers; a test holds it to package.json's.

export const VERSION = '0.1.0';
