/**
 * Asks one after the other until one answers. Who takes long is not waited for: the next one is asked meanwhile, and whichever answers
 * first counts.
 *
 * @param patience milliseconds after which the next one is asked too
 * @param late is given an answer that comes when there is one already
 * @throws AggregateError with the error of each, in the order of those who were asked
 */
export function firstAnswer<Asked, Answer>(
  asked: readonly Asked[],
  ask: (one: Asked) => Promise<Answer>,
  patience: number,
  late: (answer: Answer) => void = () => {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const errors: unknown[] = []
    let isOver = false
    let next = 0
    let due = 0
    let timer: NodeJS.Timeout | undefined
    const askNext = (): void => {
      clearTimeout(timer)
      if (isOver) return
      if (next === asked.length) {
        if (due === 0) reject(new AggregateError(errors))
        return
      }
      const index = next++
      due++
      timer = setTimeout(askNext, patience)
      ask(asked[index]!).then(
        answer => {
          if (isOver) {
            late(answer)
            return
          }
          isOver = true
          clearTimeout(timer)
          resolve(answer)
        },
        (error: unknown) => {
          errors[index] = error
          due--
          askNext()
        },
      )
    }
    askNext()
  })
}
