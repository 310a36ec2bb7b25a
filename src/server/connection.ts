import type { Socket } from 'node:net'
import { execute } from '../engine/dispatch.js'
import { CommandParser } from '../resp/parser.js'
import { ClientSocket, type ConnectionOwner } from './client-socket.js'

/** A client's connection: bytes in, commands run, replies out. */
export class Connection extends ClientSocket {
  readonly #parser: CommandParser
  /** What has come while the client waits for one of its commands. */
  readonly #held: Buffer[] = []
  #heldLength = 0
  /** The client has ended its side while it waits for an answer that it is still to get. */
  #halfClosed = false

  constructor(socket: Socket, owner: ConnectionOwner, unixPath?: string) {
    super(socket, owner, unixPath)
    const { engine } = owner
    this.#parser = new CommandParser({
      maxBulkLength: () => engine.config.values['proto-max-bulk-len'],
      trusted: () => this.client.authenticated || !engine.requiresPassword,
    })
  }

  get bufferedInput(): number {
    return this.#parser.buffered + this.#heldLength
  }

  /** Runs all complete commands among the bytes just read; `bytes` is the caller's again afterwards. */
  receive(bytes: Buffer): void {
    const { client } = this
    const { engine } = this.owner
    if (client.closing) return
    engine.stats.inputBytes += bytes.length
    engine.tick()
    client.lastInteraction = engine.keyspace.now
    if (client.waiting) {
      // `bytes` are the caller's again when we return.
      this.#held.push(Buffer.from(bytes))
      this.#heldLength += bytes.length
    } else if (!this.#take(bytes)) return
    const limit = engine.config.values['client-query-buffer-limit']
    if (this.bufferedInput > limit) {
      engine.log.warning(`Closing client ${this.address} that reached max query buffer length (${limit} bytes).`)
      this.destroy()
    }
  }

  /** Parses bytes, and runs what they complete; false when the client has broken the protocol. */
  #take(bytes: Buffer): boolean {
    try {
      this.#parser.push(bytes)
      this.#run()
      return true
    } catch (error) {
      this.refuse(error)
      return false
    }
  }

  /** Runs the commands that have been parsed, until there are no more, or the client is to wait for one of them. */
  #run(): void {
    const { client } = this
    const parser = this.#parser
    const writer = this.writer
    while (!client.waiting) {
      const argv = parser.next()
      if (argv === undefined) return
      execute(client, argv)
      // One read may hold thousands of commands: what they answer must not pile up here, past all limits.
      if (writer.pending > FLUSH_AT) this.flush()
      if (client.closing) return
    }
    parser.detach()
  }

  /** The client waits no more: what has come meanwhile is taken up. */
  protected resume(): void {
    if (this.client.closing || this.socket.destroyed) return
    this.owner.engine.tick()
    const held = Buffer.concat(this.#held.splice(0))
    this.#heldLength = 0
    if (this.#take(held) && this.#halfClosed && !this.client.waiting) this.closeAfterReply()
  }

  /** A client that has ended its side gets what is still to be written, and the answer to what is under way. */
  protected ended(): void {
    if (this.client.waiting && !this.client.postponed) this.#halfClosed = true
    else this.closeAfterReply()
  }
}

/** Bytes of output that are written before the end of the turn. */
const FLUSH_AT = 1 << 20
