// Types of what vitest and its Workers plugin add to imports in tests.
/// <reference types="@cloudflare/vitest-plugin/types" />

declare module '*?raw' {
  const text: string;
  export default text;
}
