import type { Socket } from 'node:net'
import type { Client, Transport } from '../engine/client.js'
import { execute } from '../engine/dispatch.js'
import type { Engine } from '../engine/engine.js'
import { CommandParser, ProtocolError } from '../resp/parser.js'
import { WireWriter } from '../resp/wire-writer.js'
import { OutputLimits } from './output-limits.js'

/** The server's side of a connection's life. */
export interface ConnectionOwner {
  readonly engine: Engine
  /** Replies are waiting: `flush` is to be called at the end of this turn of the event loop. */
  flushLater(connection: Connection): void
  closed(connection: Connection): void
}

/** A client's connection: bytes in, commands run, replies out. */
export class Connection implements Transport {
  readonly client: Client
  readonly kind: 'tcp' | 'unix'
  readonly address: string
  readonly localAddress: string
  readonly isLocal: boolean
  readonly fd: number
  readonly #socket: Socket
  readonly #owner: ConnectionOwner
  readonly #parser: CommandParser
  readonly #writer: WireWriter
  readonly #limits: OutputLimits
  #ending = false
  /** What has come while the client waits for one of its commands. */
  readonly #held: Buffer[] = []
  #heldLength = 0
  /** The client has ended its side while it waits for an answer that it is still to get. */
  #halfClosed = false
  /** Resolves once the connection has been closed, by whoever. */
  readonly gone: Promise<void>

  constructor(socket: Socket, owner: ConnectionOwner, unixPath?: string) {
    this.#socket = socket
    this.#owner = owner
    const { engine } = owner
    this.kind = unixPath === undefined ? 'tcp' : 'unix'
    this.address = unixPath === undefined ? endpoint(socket.remoteAddress, socket.remotePort) : `${unixPath}:0`
    this.localAddress = unixPath === undefined ? endpoint(socket.localAddress, socket.localPort) : `${unixPath}:0`
    this.isLocal = unixPath !== undefined || isLoopback(socket.remoteAddress)
    this.fd = fileDescriptor(socket)
    this.#writer = new WireWriter(() => owner.flushLater(this))
    this.#parser = new CommandParser({
      maxBulkLength: () => engine.config.values['proto-max-bulk-len'],
      trusted: () => this.client.authenticated || !engine.requiresPassword,
    })
    this.#limits = new OutputLimits(engine)
    this.client = engine.connect(this.#writer, this)
    this.client.onResume = () => this.#resume()
    socket.on('error', error => {
      engine.log.verbose(`Client ${this.address}: ${error.message}`)
    })
    this.gone = new Promise(resolve => socket.on('close', resolve))
    socket.on('close', () => this.#closed())
    // A client that has ended its side gets what is still to be written, and the answer to what is under way.
    socket.on('end', () => {
      if (this.client.waiting && !this.client.postponed) this.#halfClosed = true
      else this.closeAfterReply()
    })
  }

  get bufferedInput(): number {
    return this.#parser.buffered + this.#heldLength
  }

  get bufferedOutput(): number {
    return this.#writer.pending + this.#socket.writableLength
  }

  /** Runs all complete commands among the bytes just read; `bytes` is the caller's again afterwards. */
  receive(bytes: Buffer): void {
    const { client, engine } = this.#here
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
      this.#refuse(error)
      return false
    }
  }

  /** Runs the commands that have been parsed, until there are no more, or the client is to wait for one of them. */
  #run(): void {
    const { client } = this
    const parser = this.#parser
    const writer = this.#writer
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
  #resume(): void {
    if (this.client.closing || this.#socket.destroyed) return
    this.#owner.engine.tick()
    const held = Buffer.concat(this.#held.splice(0))
    this.#heldLength = 0
    if (this.#take(held) && this.#halfClosed && !this.client.waiting) this.closeAfterReply()
  }

  /** Writes out what has been replied. */
  flush(): void {
    const { client, engine } = this.#here
    const pieces = this.#writer.take()
    if (this.#socket.destroyed) return
    if (pieces.length > 1) this.#socket.cork()
    // What the system does not take at once waits outside of V8's heap, whose size is limited.
    const waits = this.#socket.writableNeedDrain
    for (const piece of pieces) {
      engine.stats.outputBytes += piece.length
      if (waits) this.#socket.write(Buffer.from(piece, 'latin1'))
      else this.#socket.write(piece, 'latin1')
    }
    if (pieces.length > 1) this.#socket.uncork()
    if (client.closing) this.#end()
    else this.checkOutput()
  }

  /** Closes the connection when its output has outgrown client-output-buffer-limit. */
  checkOutput(): void {
    const size = this.bufferedOutput
    if (!this.#limits.exceeded(this.client, size)) return
    this.#owner.engine.log.warning(
      `Client ${this.address} closed for overcoming of output buffer limits (${size} bytes).`,
    )
    this.destroy()
  }

  closeAfterReply(): void {
    this.client.closing = true
    if (this.#writer.pending === 0) this.#end()
  }

  destroy(): void {
    this.client.closing = true
    this.#socket.destroy()
  }

  get #here(): { client: Client; engine: Engine } {
    return { client: this.client, engine: this.#owner.engine }
  }

  /** The parser can go on no more: the client is told why, and the connection ends. */
  #refuse(error: unknown): void {
    const { client, engine } = this.#here
    if (error instanceof ProtocolError) {
      engine.log.verbose(`Protocol error (${error.message}) from client ${this.address}`)
      client.reply.error(`ERR Protocol error: ${error.message}`)
    } else {
      const { stack, message } = error instanceof Error ? error : new Error(String(error))
      engine.log.warning(`Error while reading from client ${this.address}: ${stack}`)
      client.reply.error(`ERR ${message}`)
    }
    this.closeAfterReply()
  }

  #end(): void {
    if (this.#ending) return
    this.#ending = true
    this.#socket.end()
    // Who does not take its last reply keeps the connection no longer than that.
    this.#socket.setTimeout(LINGER, () => this.#socket.destroy())
  }

  #closed(): void {
    this.#owner.engine.disconnect(this.client)
    this.#owner.closed(this)
  }
}

/** Bytes of output that are written before the end of the turn. */
const FLUSH_AT = 1 << 20

/** Milliseconds that a closing connection is given to take its last reply. */
const LINGER = 10_000

function endpoint(address: string | undefined, port: number | undefined): string {
  const plain = (address ?? '?').replace(/^::ffff:(?=\d+\.)/, '')
  return plain.includes(':') ? `[${plain}]:${port ?? 0}` : `${plain}:${port ?? 0}`
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && /^(::1|(::ffff:)?127\.)/.test(address)
}

/** The number that CLIENT LIST shows; Node keeps it in the handle, and has it not on every system. */
function fileDescriptor(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, '_handle')
  const fd: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : undefined
  return typeof fd === 'number' ? fd : -1
}
