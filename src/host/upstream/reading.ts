import type { ByteString } from '../../bytes/bytes.js'
import { ReplyError } from '../../errors.js'
import type { RawReply } from '../../upstream/raw-reply.js'

/** A read-only command that a handler wants the reply of. */
export interface ReadRequest {
  readonly database: number
  readonly argv: readonly ByteString[]
  /** The keys that it reads. */
  readonly keys: readonly ByteString[]
  /** The same for the same command on the same database, and for no other. */
  readonly id: string
}

/** What a handler has asked, as the command that asks just this. */
export interface Question {
  readonly id: string
  readonly argv: readonly ByteString[]
  /** The id of the request that answers it. */
  readonly request: string
}

/**
 * Thrown through a handler that cannot go on without an answer. Whether the handler catches it does not matter: the request has
 * been noted, and what such a run returns is thrown away.
 */
export const SUSPENDED: Error = new Error('this read is being fetched: let the error through, the command is run again')

/** The replies that a command has fetched so far. */
export class Answers {
  readonly #replies = new Map<string, RawReply>()
  readonly #keys = new Set<string>()
  readonly #databases = new Set<number>()

  get(id: string): RawReply | undefined {
    return this.#replies.get(id)
  }

  set({ id, database, keys }: ReadRequest, reply: RawReply): void {
    this.#replies.set(id, reply)
    for (const key of keys) this.#keys.add(placeOf(database, key))
    if (!(reply instanceof ReplyError)) this.#databases.add(database)
  }

  /** Whether anything has been read in a database, so that there is one. */
  reaches(database: number): boolean {
    return this.#databases.has(database)
  }

  /** Whether anything has been read of a key. */
  knows(database: number, key: ByteString): boolean {
    return this.#keys.has(placeOf(database, key))
  }
}

/** A key of a database. */
export function placeOf(database: number, key: ByteString): string {
  return `${database}:${key}`
}

/**
 * The reads of one run of a handler: gives the answers that are there and notes the requests for those that are not.
 *
 * A handler is not stopped at its first unanswered read. It goes on as if the key were missing, since that shows which reads come
 * next, and they can be fetched together; then it is run again. This does no harm. A handler has no effects but those that are
 * recorded, and it must come to an end on any data, so also on data where that key is missing. Where it would be told
 * contradictions (a hash of three fields, none of which is there) it is stopped instead, and after MOST_GUESSES as well.
 */
export class Reading {
  /** All questions, in order; whatever comes twice, twice. */
  readonly questions: Question[] = []
  /** The requests whose answers were used, or are missing. */
  readonly used = new Map<string, ReadRequest>()
  /** What has no answer yet, in order, each once. */
  readonly missing = new Map<string, ReadRequest>()
  /** Those that the run is given. */
  readonly answers: Answers
  #guesses = 0

  constructor(answers: Answers) {
    this.answers = answers
  }

  /**
   * The answer, if it is there; if not, it is noted as missing. Throws the ReplyError that an answer is.
   *
   * @param question what was asked, where another command is to answer it
   */
  ask(
    database: number,
    argv: readonly ByteString[],
    keys: readonly ByteString[],
    question: readonly ByteString[] = argv,
  ): Answer | undefined {
    const request = { database, argv, keys, id: idOf(database, argv) }
    const id = question === argv ? request.id : idOf(database, question)
    this.questions.push({ id, argv: question, request: request.id })
    this.used.set(request.id, request)
    const reply = this.answers.get(request.id)
    if (reply === undefined) this.missing.set(request.id, request)
    return answerOf(reply)
  }

  /** Whether a command has been answered. */
  knows(database: number, argv: readonly ByteString[]): boolean {
    return this.answers.get(idOf(database, argv)) !== undefined
  }

  /** What to go on with where a part of a key (a field, a member) is not known: as if it were not there. */
  guess<T>(value: T): T {
    if (++this.#guesses > MOST_GUESSES) throw SUSPENDED
    return value
  }

  /** The same of the key as a whole, of which nothing else may be known. */
  guessKey<T>(database: number, key: ByteString, value: T): T {
    if (this.answers.knows(database, key)) throw SUSPENDED
    return this.guess(value)
  }
}

/** A reply that is no error. */
export type Answer = Exclude<RawReply, ReplyError>

/** How often a run goes on without knowing. More reads than this are not fetched in one go. */
const MOST_GUESSES = 4096

function answerOf(reply: RawReply | undefined): Answer | undefined {
  if (reply instanceof ReplyError) throw new ReplyError(reply.message)
  return reply
}

/** Lengths come first, so that no two commands can look alike. */
function idOf(database: number, argv: readonly ByteString[]): string {
  let id = `${database}`
  for (const word of argv) id += ` ${word.length}:${word}`
  return id
}
