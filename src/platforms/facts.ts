// What people should know of a platform: read by the documents and the command line, never by the Worker.

export interface PlatformFacts {
  /** Shapes of `sub`. */
  readonly subjectGrammar: readonly string[];
  /** Claims that survive renames. */
  readonly stableClaims: readonly string[];
  /** What can go wrong; the first is shown in the table of docs/platforms.md. */
  readonly risks: readonly string[];
}
