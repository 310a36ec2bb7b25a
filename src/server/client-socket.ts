import type { Socket } from 'node:net'
import type { Client, Transport } from '../engine/client.js'
import type { Engine } from '../engine/engine.js'
import { ProtocolError } from '../resp/parser.js'
import { WireWriter } from '../resp/wire-writer.js'
import { OutputLimits } from './output-limits.js'

/** The server's side of a connection's life. */
export interface ConnectionOwner {
  readonly engine: Engine
  /** Replies are waiting: `flush` is to be called at the end of this turn of the event loop. */
  flushLater(connection: ClientSocket): void
  closed(connection: ClientSocket): void
}

/** A client's socket: where it comes from, what is to be written to it, how it ends. What it sends is for those who extend this. */
export abstract class ClientSocket implements Transport {
  readonly client: Client
  readonly kind: 'tcp' | 'unix'
  readonly address: string
  readonly localAddress: string
  readonly isLocal: boolean
  readonly fd: number
  protected readonly socket: Socket
  protected readonly owner: ConnectionOwner
  protected readonly writer: WireWriter
  readonly #limits: OutputLimits
  #ending = false
  /** Resolves once the connection has been closed, by whoever. */
  readonly gone: Promise<void>

  constructor(socket: Socket, owner: ConnectionOwner, unixPath?: string) {
    this.socket = socket
    this.owner = owner
    const { engine } = owner
    this.kind = unixPath === undefined ? 'tcp' : 'unix'
    this.address = unixPath === undefined ? endpoint(socket.remoteAddress, socket.remotePort) : `${unixPath}:0`
    this.localAddress = unixPath === undefined ? endpoint(socket.localAddress, socket.localPort) : `${unixPath}:0`
    this.isLocal = unixPath !== undefined || isLoopback(socket.remoteAddress)
    this.fd = fileDescriptor(socket)
    this.writer = new WireWriter(() => owner.flushLater(this))
    this.#limits = new OutputLimits(engine)
    this.client = engine.connect(this.writer, this)
    this.client.onResume = () => this.resume()
    socket.on('error', error => {
      engine.log.verbose(`Client ${this.address}: ${error.message}`)
    })
    this.gone = new Promise(resolve => socket.on('close', resolve))
    socket.on('close', () => this.closed())
    socket.on('end', () => this.ended())
  }

  /** Bytes just read; they are the caller's again afterwards. */
  abstract receive(bytes: Buffer): void
  abstract get bufferedInput(): number
  /** The client waits no more for an answer. */
  protected abstract resume(): void
  /** The client has ended its side. */
  protected abstract ended(): void

  get bufferedOutput(): number {
    return this.writer.pending + this.socket.writableLength
  }

  /** Writes out what has been replied. */
  flush(): void {
    const { client } = this
    const { engine } = this.owner
    const pieces = this.writer.take()
    if (this.socket.destroyed || this.#ending) return
    if (pieces.length > 1) this.socket.cork()
    // What the system does not take at once waits outside of V8's heap, whose size is limited.
    const waits = this.socket.writableNeedDrain
    for (const piece of pieces) {
      engine.stats.outputBytes += piece.length
      if (waits) this.socket.write(Buffer.from(piece, 'latin1'))
      else this.socket.write(piece, 'latin1')
    }
    if (pieces.length > 1) this.socket.uncork()
    if (client.closing) this.#end()
    else this.checkOutput()
  }

  /** Closes the connection when its output has outgrown client-output-buffer-limit. */
  checkOutput(): void {
    const size = this.bufferedOutput
    if (!this.#limits.exceeded(this.client, size)) return
    this.owner.engine.log.warning(
      `Client ${this.address} closed for overcoming of output buffer limits (${size} bytes).`,
    )
    this.destroy()
  }

  closeAfterReply(): void {
    this.client.closing = true
    if (this.writer.pending === 0) this.#end()
  }

  destroy(): void {
    this.client.closing = true
    this.socket.destroy()
  }

  /** The parser can go on no more: the client is told why, and the connection ends. */
  protected refuse(error: unknown): void {
    const { client } = this
    const { engine } = this.owner
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
    this.ending()
    this.socket.end()
    // Who does not take its last reply keeps the connection no longer than that.
    this.socket.setTimeout(LINGER, () => this.socket.destroy())
  }

  /** The last reply is on its way. */
  protected ending(): void {}

  protected closed(): void {
    this.owner.engine.disconnect(this.client)
    this.owner.closed(this)
  }
}

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
