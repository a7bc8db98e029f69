// A standard stream whose reader may leave (`cambist audit | head`): what is written then is dropped, and nothing else stops.

import type { TextSink } from './command.ts';

/** The stream for a command to write to; a reader that has gone is no error, and `hasReader` says so. */
export function forCommands(stream: NodeJS.WriteStream): TextSink {
  let hasReader = true;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    hasReader = false;
  });
  return {
    isTTY: stream.isTTY,
    write: (text) => hasReader && stream.write(text),
    hasReader: () => hasReader,
  };
}
