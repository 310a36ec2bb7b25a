import { connect, type Socket } from 'node:net'
import { encode } from './resp-client.js'

/** A command of the stream that a master sends, its words as bytes, one char a byte. */
export type Argv = string[]

/** A connection to a redis-server by which it takes us for a replica of its: we get all that it propagates. */
export interface Replica {
  /** What has come and has not been taken, in the order of the stream: SELECT, MULTI and EXEC are there too, PING is not. */
  take(): Argv[]
  /**
   * Resolves once all has come that the master had sent by its replication offset (INFO's `master_repl_offset`); rejects if
   * the connection closes before.
   */
  reached(offset: number): Promise<void>
  close(): Promise<void>
}

/**
 * Becomes a replica of a redis-server on 127.0.0.1: the handshake, a snapshot, which is not looked at, then the stream
 * (https://redis.io/docs/latest/operate/oss_and_stack/management/replication/).
 *
 * @param options.eof whether to tell the master that a snapshot may come without its length before it: `$EOF:`, as one does
 *   that the master writes to the socket at once (repl-diskless-sync)
 * @throws an Error with what the master said, if it would not have us
 */
export function becomeReplica(port: number, options: { eof?: boolean } = {}): Promise<Replica> {
  const { eof = true } = options
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port })
    const commands = [
      ['PING'],
      ['REPLCONF', 'listening-port', '0'],
      ['REPLCONF', ...(eof ? ['capa', 'eof'] : []), 'capa', 'psync2'],
      ['PSYNC', '?', '-1'],
    ]
    const link = new Link(socket, commands, error => (error === undefined ? resolve(link) : reject(error)))
  })
}

class Link implements Replica {
  readonly #socket: Socket
  readonly #closed: Promise<void>
  readonly #ready: (error?: Error) => void
  /** What is still to be said, one command after the other has been answered. */
  readonly #handshake: Argv[]
  #bytes = Buffer.alloc(0)
  #state: 'handshake' | 'snapshot' | 'stream' = 'handshake'
  /** Bytes of the snapshot that are still to come; of one that ends with a mark, the mark. */
  #left: number | Buffer | undefined
  /** The master's offset for all that has been parsed. */
  #offset = 0
  #commands: Argv[] = []
  #waiting: { offset: number; resolve(): void; reject(error: Error): void }[] = []
  #error: Error | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(socket: Socket, handshake: Argv[], ready: (error?: Error) => void) {
    this.#socket = socket
    this.#handshake = handshake
    this.#ready = ready
    socket.setNoDelay(true)
    socket.on('connect', () => this.#say())
    socket.on('data', bytes => {
      try {
        this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes])
        while (this.#step()) {}
      } catch (error) {
        socket.destroy(error as Error)
      }
    })
    socket.on('error', error => {
      this.#error = error
    })
    this.#closed = new Promise(resolve => {
      socket.on('close', () => {
        clearInterval(this.#timer)
        this.#error ??= new Error('the master closed the connection')
        ready(this.#error)
        for (const { reject } of this.#waiting.splice(0)) reject(this.#error)
        resolve()
      })
    })
  }

  take(): Argv[] {
    const taken = this.#commands
    this.#commands = []
    return taken
  }

  reached(offset: number): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#offset >= offset) resolve()
      else if (this.#error !== undefined) reject(this.#error)
      else this.#waiting.push({ offset, resolve, reject })
    })
  }

  close(): Promise<void> {
    this.#socket.destroy()
    return this.#closed
  }

  #say(): void {
    const argv = this.#handshake.shift()
    if (argv !== undefined) this.#socket.write(encode(argv), 'latin1')
  }

  /** Goes on by one element of what has come; false when more must come first. */
  #step(): boolean {
    switch (this.#state) {
      case 'handshake':
        return this.#answer()
      case 'snapshot':
        return this.#snapshot()
      case 'stream':
        return this.#command()
    }
  }

  #answer(): boolean {
    const line = lineAt(this.#bytes, 0)
    if (line === undefined) return false
    this.#drop(line.next)
    // While it makes the snapshot the master sends empty lines, so that we do not give it up.
    if (line.text === '') return true
    const [word, , offset] = line.text.split(' ')
    if (word === '+FULLRESYNC') {
      this.#offset = Number(offset)
      this.#state = 'snapshot'
    } else if (line.text.startsWith('-')) throw new Error(`the master would not have a replica: ${line.text}`)
    else this.#say()
    return true
  }

  /** `$<length>` and the bytes, or `$EOF:<40 bytes>`, the bytes, and those 40 bytes again. */
  #snapshot(): boolean {
    if (this.#left === undefined) {
      const line = lineAt(this.#bytes, 0)
      if (line === undefined) return false
      this.#drop(line.next)
      if (line.text === '') return true
      const mark = /^\$EOF:(.{40})$/.exec(line.text)?.[1]
      const length = /^\$(\d+)$/.exec(line.text)?.[1]
      if (mark === undefined && length === undefined) throw new Error(`no snapshot begins with ${line.text}`)
      this.#left = mark === undefined ? Number(length) : Buffer.from(mark, 'latin1')
    }
    if (typeof this.#left === 'number') {
      if (this.#bytes.length < this.#left) return false
      this.#drop(this.#left)
    } else {
      const at = this.#bytes.indexOf(this.#left)
      if (at === -1) return false
      this.#drop(at + this.#left.length)
    }
    this.#state = 'stream'
    // After a snapshot with a mark, the master begins with the stream when it is told how far we are; but it has to have
    // noticed that the process that wrote the snapshot is over. As replicas do, we tell it now and then: it would also
    // give up one that is silent for repl-timeout.
    this.#acknowledge()
    this.#timer = setInterval(() => this.#acknowledge(), ACKNOWLEDGE_EVERY)
    this.#ready()
    return true
  }

  #command(): boolean {
    const command = commandAt(this.#bytes, 0)
    if (command === undefined) return false
    this.#drop(command.next)
    this.#offset += command.next
    if (command.argv[0] !== 'PING') this.#commands.push(command.argv)
    const there = this.#waiting.filter(({ offset }) => offset <= this.#offset)
    this.#waiting = this.#waiting.filter(({ offset }) => offset > this.#offset)
    for (const { resolve } of there) resolve()
    return true
  }

  #acknowledge(): void {
    this.#socket.write(encode(['REPLCONF', 'ACK', String(this.#offset)]), 'latin1')
  }

  #drop(count: number): void {
    this.#bytes = this.#bytes.subarray(count)
  }
}

/**
 * The command that stands at an index, as it is sent or kept in an append-only file, and where the next one begins; undefined
 * when it is not all there. Throws an Error for what is none.
 */
export function commandAt(bytes: Buffer, start: number): { argv: Argv; next: number } | undefined {
  const head = lineAt(bytes, start)
  if (head === undefined) return undefined
  const count = /^\*(\d+)$/.exec(head.text)?.[1]
  if (count === undefined) throw new Error(`no command begins with ${head.text}`)
  const argv: Argv = []
  let next = head.next
  for (let i = 0; i < Number(count); i++) {
    const line = lineAt(bytes, next)
    if (line === undefined) return undefined
    const length = /^\$(\d+)$/.exec(line.text)?.[1]
    if (length === undefined) throw new Error(`no word begins with ${line.text}`)
    const end = line.next + Number(length)
    if (bytes.length < end + 2) return undefined
    argv.push(bytes.latin1Slice(line.next, end))
    next = end + 2
  }
  return { argv, next }
}

function lineAt(bytes: Buffer, start: number): { text: string; next: number } | undefined {
  const end = bytes.indexOf('\n', start)
  if (end === -1) return undefined
  return { text: bytes.latin1Slice(start, end).replace(/\r$/, ''), next: end + 1 }
}

/** Milliseconds. */
const ACKNOWLEDGE_EVERY = 100
