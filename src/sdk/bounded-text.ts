// Reads the body of an answer as text, up to a number of bytes that its headers cannot raise.

/** The whole body as UTF-8; null if it has more than `maxBytes`. Rejects if the connection breaks. */
export async function readBoundedText(
  response: { readonly body: ReadableStream<Uint8Array> | null },
  maxBytes: number,
): Promise<string | null> {
  if (response.body === null) return '';
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let [text, bytes] = ['', 0];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > maxBytes) {
      // Not awaited: the cancellation of a body that was cloned waits for the clone.
      void reader.cancel().catch(() => undefined);
      return null;
    }
    text += decoder.decode(value, { stream: true });
  }
}
