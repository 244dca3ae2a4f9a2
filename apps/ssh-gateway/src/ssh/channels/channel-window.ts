import type { ChannelInternals } from '../ssh2/internals.ts';

/**
 * Repairs how ssh2 handles the outgoing window of one channel (trap A): stdout and stderr share the
 * window and one "waits for window" flag. Past the window ssh2 keeps the rest of each stream's
 * chunk, does not forget it once sent, and wakes only one stream. The results are duplicate bytes,
 * lost stderr, or a hang. Here a chunk is forgotten when it is resumed, and a stdout chunk that was
 * sent wakes a waiting stderr chunk before the next stdout chunk can use the window.
 */
export function mendFlowControl(channel: ChannelInternals): void {
  mendOutput(channel);
  mendErrors(channel);
}

function mendOutput(channel: ChannelInternals): void {
  const write = channel._write.bind(channel);
  let callback: ((error?: Error | null) => void) | undefined;
  const written = (error?: Error | null): void => {
    const waiting = callback;
    callback = undefined;
    resumeErrors(channel);
    waiting?.(error);
  };
  channel._write = (data, encoding, whenWritten) => {
    channel._chunk = undefined;
    channel._chunkcb = undefined;
    // ssh2 resumes a chunk with the callback it was given, which is ours: do not wrap it again, or
    // wrappers would grow with each window.
    if (whenWritten !== written) callback = whenWritten;
    write(data, encoding, written);
  };
}

function mendErrors(channel: ChannelInternals): void {
  const write = channel.stderr._write.bind(channel.stderr);
  channel.stderr._write = (data, encoding, callback) => {
    channel._chunkErr = undefined;
    channel._chunkcbErr = undefined;
    write(data, encoding, callback);
  };
}

/**
 * With the window used up, this only puts the chunk back and asks ssh2 to wait again, which ssh2
 * would otherwise forget.
 */
function resumeErrors(channel: ChannelInternals): void {
  const { _chunkErr: chunk, _chunkcbErr: callback } = channel;
  if (chunk !== undefined && callback !== undefined) channel.stderr._write(chunk, null, callback);
}
