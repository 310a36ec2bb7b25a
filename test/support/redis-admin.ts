import type { RedisProcess } from './redis-process.js'
import { connect, type Reply, type RespClient } from './resp-client.js'

/** Asks a server, for those that set it up and look after it, through a connection that is made when it is needed. */
export class RedisAdmin {
  readonly #server: RedisProcess
  readonly #password: string | undefined
  #client: Promise<RespClient> | undefined

  /** @param password of the default user, if it has one */
  constructor(server: RedisProcess, password?: string) {
    this.#server = server
    this.#password = password
  }

  /** @throws an Error with the server's words when it answers by an error, or when there is no connection */
  async ask(...argv: readonly (string | number)[]): Promise<Reply> {
    const reply = await (await this.#connection()).send(...argv)
    if (reply.type === 'error') throw new Error(`${argv.join(' ')}: ${reply.value}`)
    return reply
  }

  /** The text of a reply that is one. */
  async text(...argv: readonly (string | number)[]): Promise<string> {
    const reply = await this.ask(...argv)
    if (reply.type !== 'bulk' && reply.type !== 'status') throw new Error(`${argv.join(' ')}: ${reply.type}`)
    return reply.value
  }

  /** The texts of an array. */
  async texts(...argv: readonly (string | number)[]): Promise<string[]> {
    return textsOf(await this.ask(...argv))
  }

  /** The fields of INFO or CLUSTER INFO, which have a line each. */
  async info(...argv: readonly string[]): Promise<Map<string, string>> {
    const lines = (await this.text(...argv)).split('\r\n')
    return new Map(lines.map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]))
  }

  async close(): Promise<void> {
    await this.#client?.then(
      client => client.close(),
      () => {},
    )
  }

  #connection(): Promise<RespClient> {
    if (this.#client !== undefined) return this.#client
    const client = this.#connect()
    this.#client = client
    const forget = (): void => {
      if (this.#client === client) this.#client = undefined
    }
    client.then(connected => connected.closed.then(forget), forget)
    return client
  }

  async #connect(): Promise<RespClient> {
    const client = await connect({ port: this.#server.port })
    if (this.#password !== undefined) await client.send('AUTH', this.#password)
    return client
  }
}

/** The texts of an array; numbers are texts too, and what is neither is an empty one. */
export function textsOf(reply: Reply): string[] {
  if (reply.type !== 'array') throw new Error(`no array: ${JSON.stringify(reply)}`)
  return reply.items.map(item => ('value' in item ? String(item.value) : ''))
}

/** The value of an argument on a command line, without its quotes. */
export function argument(args: readonly string[], name: string): string | undefined {
  const at = args.indexOf(`--${name}`)
  return at === -1 ? undefined : args[at + 1]
}
