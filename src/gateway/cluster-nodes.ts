import type { ByteString } from '../bytes/bytes.js'
import { ReplyError } from '../errors.js'
import type { Endpoint } from '../upstream/address.js'
import type { GatewayConnection } from './connection.js'
import { type Loss, Own, type OwnUser } from './own.js'

/** A connection to one of the servers of a Cluster. */
export interface ClusterNode extends OwnUser {
  readonly endpoint: Endpoint
  own: Own
  /** Called when all has been answered, or when it is no more. */
  whenIdle: () => void
}

/** What came to an end with a connection. */
export interface NodeLoss extends Loss {
  /** Replies that were due. */
  readonly due: number
  /** The client has got a reply in part. */
  readonly isHalfSaid: boolean
}

/**
 * The connections that a client has to itself to the servers of a Cluster, one to each that it has to do with. What they say reaches the client
 * one after the other, each reply as a whole.
 */
export class ClusterNodes implements Iterable<ClusterNode> {
  readonly #connection: GatewayConnection
  readonly #onLost: (node: ClusterNode, loss: NodeLoss) => void
  readonly #nodes = new Map<string, ClusterNode>()
  readonly #opening = new Map<string, Promise<ClusterNode>>()
  /** What makes a new connection what the others are: CLIENT TRACKING, CLIENT SETNAME…, by name. */
  readonly #settings = new Map<string, ByteString>()
  /** Who is in the middle of a reply: what others say has to wait. */
  #speaker: ClusterNode | undefined
  #unsaid: { node: ClusterNode; bytes: ByteString; isPush: boolean; isPart: boolean }[] = []
  isClosed = false

  /** @param onLost told of a connection that is no more */
  constructor(connection: GatewayConnection, onLost: (node: ClusterNode, loss: NodeLoss) => void) {
    this.#connection = connection
    this.#onLost = onLost
  }

  /** Those that there are; they may end meanwhile. */
  [Symbol.iterator](): Iterator<ClusterNode> {
    return this.#nodes.values()
  }

  /** The connection to a server, if there is one. */
  get({ name }: Endpoint): ClusterNode | undefined {
    return this.#nodes.get(name)
  }

  /** The connection to a server, which is made if there is none. Throws a ReplyError when that is not possible. */
  async at(endpoint: Endpoint): Promise<ClusterNode> {
    const { name } = endpoint
    const opening = this.#opening.get(name)
    if (opening !== undefined) return opening
    const known = this.#nodes.get(name)
    if (known !== undefined) return known
    const made = this.#connect(endpoint).finally(() => this.#opening.delete(name))
    this.#opening.set(name, made)
    return made
  }

  /** Those to all servers that are in charge of something. */
  atAll(): Promise<ClusterNode[]> {
    const { topology } = this.#connection.gateway.upstream
    return Promise.all(topology.primaries().map(endpoint => this.at(endpoint)))
  }

  /** Sends a command on each connection that is made from now on. `setting`: what it takes the place of. */
  keep(setting: ByteString, text: ByteString): void {
    this.#settings.set(setting, text)
  }

  close(): void {
    this.isClosed = true
    for (const { own } of this) own.link.destroy()
  }

  async #connect(endpoint: Endpoint): Promise<ClusterNode> {
    const { gateway, lanes } = this.#connection
    const connection = await gateway.upstream.connect(endpoint, { ...lanes.id, mayBeUntrusted: true })
    if (this.isClosed) {
      connection.close()
      throw new ReplyError('ERR the client has gone')
    }
    const node = this.#nodeOf(endpoint)
    node.own = new Own(connection.release(), node)
    this.#nodes.set(endpoint.name, node)
    for (const setting of this.#settings.values()) await askOn(node, setting)
    return node
  }

  #nodeOf(endpoint: Endpoint): ClusterNode {
    const connection = this.#connection
    const node: ClusterNode = {
      endpoint,
      // Set right behind.
      own: undefined as never,
      whenIdle: () => {},
      get protocol() {
        return connection.protocol
      },
      write: (bytes, isPush, isPart) => this.#say(node, bytes, isPush, isPart),
      drained: () => {
        node.whenIdle()
        connection.drained()
      },
      ended: (loss, due, isPart) => {
        this.#nodes.delete(endpoint.name)
        this.#onLost(node, { ...loss, due, isHalfSaid: isPart || this.#speaker === node })
        node.whenIdle()
      },
      writable: () => connection.writable(),
    }
    return node
  }

  /** Nobody speaks in the middle of another one's reply. */
  #say(node: ClusterNode, bytes: ByteString, isPush: boolean, isPart: boolean): void {
    if (this.#speaker !== undefined && this.#speaker !== node) {
      this.#unsaid.push({ node, bytes, isPush, isPart })
      return
    }
    this.#speaker = isPart ? node : undefined
    const { reply } = this.#connection.client
    const { muted } = reply
    if (isPush) reply.muted = false
    this.#connection.write(bytes)
    reply.muted = muted
    if (isPart || this.#unsaid.length === 0) return
    const unsaid = this.#unsaid
    this.#unsaid = []
    for (const { node: other, ...said } of unsaid) this.#say(other, said.bytes, said.isPush, said.isPart)
  }
}

/**
 * Sends a command whose reply is given here.
 *
 * @param longest how long the server is to wait before it answers, if it is meant to, in milliseconds
 */
export function askOn({ own, endpoint }: ClusterNode, text: ByteString, longest?: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const effect = longest === undefined ? 'swallow' : 'wait'
    if (own.link.isOpen) own.send(text, 1, effect, { longest: longest ?? 0, instead: resolve })
    else reject(new ReplyError(`UPSTREAMDOWN the connection to ${endpoint.name} is no more`))
  })
}
