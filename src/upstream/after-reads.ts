/**
 * Calls back when what has come in the meantime has been read, for a timer that gives up waiting for it. Timers run before reads: when the
 * process has stood still, or been busy, for longer than the timer, the answer may have come long ago.
 */
export function afterReads(giveUp: () => void): void {
  setImmediate(giveUp)
}
