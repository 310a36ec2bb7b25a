/** A time by which an answer is to come. */
export interface Deadline {
  cancel(): void
}

/**
 * Calls back when it is over. If this process has stood still meanwhile, or has been busy, that is none of the server's fault: the question
 * may not have gone out yet, and the answer may not have been read. The time that was lost is added, once.
 *
 * @param time in milliseconds
 */
export function deadline(time: number, giveUp: () => void): Deadline {
  const due = performance.now() + time
  let timer = setTimeout(() => {
    const lost = performance.now() - due
    if (lost < TICK) afterReads(giveUp)
    else timer = setTimeout(() => afterReads(giveUp), Math.min(lost, time))
  }, time)
  return { cancel: () => clearTimeout(timer) }
}

/** Timers run before reads: calls back when what has come in the meantime has been read. */
export function afterReads(run: () => void): void {
  setImmediate(run)
}

/** Why it is given up then: a clause. `time`: in milliseconds. */
export function noAnswerWithin(time: number): string {
  return `the server did not answer within ${time} ms`
}

/** Milliseconds that a timer may well be late. */
const TICK = 20
