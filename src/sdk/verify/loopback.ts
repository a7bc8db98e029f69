// The names of this machine, for which alone http is safe.

/** As `URL.hostname` writes them. */
export const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);
