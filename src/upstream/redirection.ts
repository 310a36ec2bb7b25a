import type { ByteString } from '../bytes/bytes.js'
import { ReplyError } from '../errors.js'
import { type Address, type Endpoint, endpointAt } from './address.js'
import type { RawReply } from './raw-reply.js'
import { SLOTS } from './slot.js'

/** A server has not carried out what it was sent, since another one is in charge, or since it cannot now: nothing has been written. */
export class Redirection extends Error {
  override name = 'Redirection'
  /**
   * `moved`: another server is in charge of the slot; `ask`: another one is to be asked this once; `wait`: it will be known, or there
   * again, in a while.
   */
  readonly kind: 'moved' | 'ask' | 'wait'
  /** In the words of the server. */
  readonly reply: ReplyError
  readonly slot: number | undefined
  /** Undefined where it was not told in a way that is of use. */
  readonly to: Endpoint | undefined

  constructor(kind: Redirection['kind'], reply: ReplyError, slot?: number, to?: Endpoint) {
    super(reply.message)
    this.kind = kind
    this.reply = reply
    this.slot = slot
    this.to = to
  }

  /** The same for one who must not follow it. */
  later(): Redirection {
    return new Redirection('wait', this.reply, this.slot)
  }

  /** What is told when it has led to nothing. */
  toError(): ReplyError {
    const { message } = this.reply
    if (message.startsWith('MOVED ')) {
      return new ReplyError(
        `TRYAGAIN the nodes of the Cluster do not agree on who is in charge of hash slot ${this.slot}`,
      )
    }
    if (message.startsWith('ASK ')) {
      return new ReplyError(`TRYAGAIN hash slot ${this.slot} is being moved from one node of the Cluster to another`)
    }
    return new ReplyError(message)
  }
}

/**
 * Whether what was sent has not been carried out, by the replies to it.
 *
 * @param commands what was sent together; if the last is EXEC, it counts as one
 * @param asked who was
 */
export function redirectionIn(
  commands: readonly (readonly ByteString[])[],
  replies: readonly RawReply[],
  kind: Address['kind'],
  asked: Endpoint,
): Redirection | undefined {
  if (kind === 'server') return undefined
  // A transaction that has been carried out has been, whatever else was answered.
  if (commands.at(-1)?.[0] === 'EXEC' && !(replies.at(-1) instanceof ReplyError)) return undefined
  for (const reply of replies) {
    const found = reply instanceof ReplyError ? redirectionOf(reply, kind, asked) : undefined
    if (found !== undefined) return found
  }
  return undefined
}

/** The same for one reply. */
export function redirectionOf(reply: ReplyError, kind: Address['kind'], asked: Endpoint): Redirection | undefined {
  if (kind === 'server') return undefined
  const { message } = reply
  if (LATER.test(message)) return new Redirection('wait', reply)
  if (kind !== 'cluster') return undefined
  if (CLUSTER_LATER.test(message)) return new Redirection('wait', reply)
  const [, word, digits = '', host = '', port = ''] = ELSEWHERE.exec(message) ?? []
  const slot = Number(digits)
  if (word === undefined || slot >= SLOTS) return undefined
  return new Redirection(word === 'MOVED' ? 'moved' : 'ask', reply, slot, endpointIn(host, Number(port), asked))
}

/**
 * A server that another one has told of.
 *
 * @param host empty or null when it is that of the one who tells
 * @returns undefined when it cannot be connected to
 */
export function endpointIn(host: ByteString | null, port: number, teller: Endpoint): Endpoint | undefined {
  const own = 'host' in teller.socket ? teller.socket.host : ''
  const to = host === null || host === '' ? own : host
  // `?` is what a node says that is to be called by a name, and has none.
  if (to === '' || to === '?' || !Number.isInteger(port) || port < 1 || port > 65535) return undefined
  return endpointAt(to, port, teller.tls)
}

// In the words that servers have for it, and not by their first word alone: a script may make errors of its own.
const LATER =
  /^(LOADING \S+ is loading the dataset|MASTERDOWN Link with MASTER is down|READONLY You can't write against a read only|UNBLOCKED force unblock)/
const CLUSTER_LATER = /^(TRYAGAIN Multiple keys request|CLUSTERDOWN (Hash slot not served|The cluster is down))/
const ELSEWHERE = /^(MOVED|ASK) (\d{1,5}) (\S*):(\d{1,5})$/
