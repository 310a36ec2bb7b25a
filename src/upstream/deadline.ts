/** A time by which an answer is to come. */
export interface Deadline {
  cancel(): void
}

/**
 * Calls back when it is over. If this process has stood still meanwhile, or has been busy, that is none of the server's fault: the question
 * may not have gone out yet, and the answer may not have been read. Then there is some more time for both.
 *
 * @param time in milliseconds
 */
export function deadline(time: number, giveUp: () => void): Deadline {
  const grace = time * GRACE
  const due = performance.now() + time
  let timer = setTimeout(() => {
    if (performance.now() - due < grace) afterReads(giveUp)
    else timer = setTimeout(() => afterReads(giveUp), grace)
  }, time)
  return { cancel: () => clearTimeout(timer) }
}

/** Timers run before reads: calls back when what has come in the meantime has been read. */
export function afterReads(run: () => void): void {
  setImmediate(run)
}

/** The part of the time that is added. */
export const GRACE = 0.1
