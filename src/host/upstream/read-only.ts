import { isDeepStrictEqual } from 'node:util'
import type { ByteString } from '../../bytes/bytes.js'
import { ReplyError } from '../../errors.js'
import { itemsIn, type RawReply } from '../../upstream/raw-reply.js'
import { Route, RoutedConnection } from '../../upstream/route.js'
import type { Session } from '../../upstream/session.js'
import type { Call, Outcome } from './handler.js'
import { OneSlot } from './one-slot.js'
import { Answers, type ReadRequest } from './reading.js'
import { checkRepeats } from './run.js'

/**
 * Runs a command that does not write, until it has all that it reads.
 *
 * Whenever it turns out to read more, everything is fetched anew, in one transaction: what a run is given has all been so at one
 * moment. Nothing need be watched for that, and a command whose reads do not depend on each other takes one round trip.
 *
 * @param retries how often what has been read may have changed meanwhile
 */
export async function runReadOnly(call: Call, first: Outcome, session: Session, retries: number): Promise<Outcome> {
  let outcome = first
  let changes = 0
  let slots = new OneSlot(session.isCluster, call.fullName)
  while (outcome.run.reading.missing.size > 0) {
    const before = outcome.run.reading
    slots = new OneSlot(session.isCluster, call.fullName)
    const requests = slots.addSome([...before.used.values()])
    // All that can be read here has been, and it still asks for more: this throws.
    if (!requests.some(({ id }) => before.missing.has(id))) slots.addSome([...before.missing.values()])
    const fetched = await new Route(session, slots.slot, call.began).run(call.fullName, async target =>
      fetchAtOnce(new RoutedConnection(await target.server.reads.get(), target), call.database, requests),
    )
    const same = new Set(
      requests.filter(({ id }) => isDeepStrictEqual(fetched.get(id), before.answers.get(id))).map(({ id }) => id),
    )
    if (requests.some(({ id }) => !before.missing.has(id) && !same.has(id)) && ++changes > retries) {
      throw new ReplyError(`TRYAGAIN what ${call.fullName} reads has changed ${changes} times while it was being read`)
    }
    outcome = call.run(fetched)
    checkRepeats(call.fullName, before.questions, outcome.run.reading.questions, id => same.has(id))
  }
  slots.addArguments(call, outcome.result)
  return outcome
}

/** The replies as they are at one moment: one round trip. */
async function fetchAtOnce(
  connection: RoutedConnection,
  database: number,
  requests: readonly ReadRequest[],
): Promise<Answers> {
  const answers = new Answers()
  const [only] = requests
  if (requests.length === 1 && only !== undefined && only.database === database) {
    const [reply = null] = await connection.send([only.argv])
    answers.set(only, reply)
    return answers
  }
  const commands: (readonly ByteString[])[] = []
  const from: { readonly request?: ReadRequest; readonly select?: number }[] = []
  let selected = database
  const select = (index: number): void => {
    if (index === selected) return
    commands.push(['SELECT', String(index)])
    from.push({ select: index })
    selected = index
  }
  for (const request of requests.toSorted((a, b) => a.database - b.database)) {
    select(request.database)
    commands.push(request.argv)
    from.push({ request })
  }
  select(database)
  const replies = await connection.send([['MULTI'], ...commands, ['EXEC']])
  const results = transactionReplies(replies)
  let noDatabase: RawReply | undefined
  for (const [index, { request }] of from.entries()) {
    const reply = results[index] ?? null
    if (request === undefined) noDatabase = reply instanceof ReplyError ? reply : undefined
    else answers.set(request, noDatabase ?? reply)
  }
  return answers
}

/** What the commands between MULTI and EXEC have answered; throws the ReplyError because of which they were not carried out. */
export function transactionReplies(replies: readonly RawReply[]): readonly RawReply[] {
  const last = replies.at(-1) ?? null
  if (last instanceof ReplyError) {
    const refused = replies.find(reply => reply instanceof ReplyError)
    throw new ReplyError((refused as ReplyError).message, { cause: last })
  }
  return itemsIn(last)
}
