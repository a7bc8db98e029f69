// The forms in which `cambist token` hands a token over.

export const OUTPUT_FORMATS = [
  'token',
  'env',
  'json',
  'github-env',
  'file',
  'kubernetes',
  'docker',
  'netrc',
  'git-credential',
] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];
