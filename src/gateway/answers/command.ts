import type { ByteString } from '../../bytes/bytes.js'
import { named, passesFilter } from '../../commands/command.js'
import { writeDocs } from '../../commands/command-docs.js'
import { writeCommandInfo } from '../../commands/command-info.js'
import { ReplyError } from '../../errors.js'
import type { Command } from '../../registry/command.js'
import { numberIn } from '../../upstream/raw-reply.js'
import type { GatewayConnection } from '../connection.js'
import type { SpecialCall } from '../special.js'
import { arrayOf, elementsOf, mapOf, wordIn } from './frames.js'
import { type Answer, askAs, handled, written } from './own-part.js'
import { refusalOf } from './rights.js'

/**
 * COMMAND of the gateway: the server's commands and those of the modules, which win where both have one of the name. What the server
 * says stays as it came.
 */
export const commandAnswers: readonly (readonly [ByteString, Answer])[] = [
  ['command', info],
  ['command|info', info],
  ['command|count', count],
  ['command|docs', docs],
  ['command|list', list],
  ['command|getkeys', keys],
  ['command|getkeysandflags', keys],
]

/** COMMAND [INFO [name ...]] */
async function info(connection: GatewayConnection, call: SpecialCall): Promise<ByteString> {
  const names = call.argv.slice(2)
  const ours = new Ours(connection)
  const describe = (command: Command) => written(connection, reply => writeCommandInfo(reply, command))
  const { reply, bytes, text } = await askAs(connection, call)
  if (reply instanceof ReplyError) return text
  const theirs = elementsOf(bytes)
  if (names.length === 0) {
    const kept = theirs.filter(element => !ours.hides(wordIn(elementsOf(element)[0])))
    return arrayOf([...kept, ...ours.all.map(describe)])
  }
  return arrayOf(
    theirs.map((element, i) => {
      const command = ours.of(names[i] ?? '')
      if (command !== undefined) return describe(command)
      // What hides the server's command has no such subcommand.
      return ours.hides(names[i] ?? '') ? written(connection, nil => nil.null()) : element
    }),
  )
}

/** COMMAND COUNT */
async function count(connection: GatewayConnection, call: SpecialCall): Promise<ByteString> {
  const { reply, text } = await askAs(connection, call)
  if (reply instanceof ReplyError) return text
  const { commands } = connection.gateway.upstream
  const more = new Ours(connection).all.filter(({ fullName }) => commands.named(fullName) === undefined)
  return written(connection, sum => sum.integer(numberIn(reply) + more.length))
}

/** COMMAND DOCS [name ...] */
async function docs(connection: GatewayConnection, call: SpecialCall): Promise<ByteString> {
  const names = call.argv.slice(2)
  const ours = new Ours(connection)
  const describe = (command: Command) => [
    written(connection, reply => reply.bulk(command.fullName)),
    written(connection, reply => writeDocs(reply, command)),
  ]
  if (names.length > 0 && names.every(name => ours.of(name) !== undefined)) {
    const refusal = await refusalOf(connection, trialOf(connection, 'docs', call.argv))
    if (refusal !== undefined) return refusal
    return mapOf(
      names.flatMap(name => describe(ours.of(name)!)),
      connection.protocol,
    )
  }
  const { reply, bytes, text } = await askAs(connection, call)
  if (reply instanceof ReplyError) return text
  const elements = elementsOf(bytes)
  const theirs: { readonly name: ByteString; readonly pair: readonly Buffer[] }[] = []
  for (let i = 0; i + 1 < elements.length; i += 2) {
    theirs.push({ name: wordIn(elements[i]), pair: elements.slice(i, i + 2) })
  }
  if (names.length === 0) {
    const kept = theirs.filter(({ name }) => !ours.hides(name)).flatMap(({ pair }) => pair)
    return mapOf([...kept, ...ours.all.flatMap(describe)], connection.protocol)
  }
  // The server leaves out those that it does not have, and keeps the order of the others.
  let next = 0
  const found = names.flatMap((name): readonly (ByteString | Buffer)[] => {
    const isNext = theirs[next]?.name === name.toLowerCase()
    const pair = isNext ? theirs[next++]!.pair : []
    const command = ours.of(name)
    if (command !== undefined) return describe(command)
    return ours.hides(name) ? [] : pair
  })
  return mapOf(found, connection.protocol)
}

/** COMMAND LIST [FILTERBY ...] */
async function list(connection: GatewayConnection, call: SpecialCall): Promise<ByteString> {
  const { reply, bytes, text } = await askAs(connection, call)
  if (reply instanceof ReplyError) return text
  const ours = new Ours(connection)
  const passes = passesFilter(call.argv)
  const kept = elementsOf(bytes).filter(element => !ours.hides(wordIn(element)))
  const added = ours.all
    .flatMap(command => [command, ...(command.subcommands?.values() ?? [])])
    .filter(passes)
    .map(({ fullName }) => written(connection, name => name.bulk(fullName)))
  return arrayOf([...kept, ...added])
}

/** COMMAND GETKEYS[ANDFLAGS] command [argument ...] */
async function keys(connection: GatewayConnection, call: SpecialCall): Promise<ByteString> {
  const [, sub = '', name = ''] = call.argv
  if (!new Ours(connection).hides(name)) return (await askAs(connection, call)).text
  const refusal = await refusalOf(connection, trialOf(connection, sub.toLowerCase(), ['COMMAND', sub, 'GET', 'key']))
  return refusal ?? handled(connection, call.argv)
}

/** A call by which one sees whether a client may call a subcommand; before Redis 7, rights were not by subcommand. */
function trialOf({ gateway }: GatewayConnection, sub: string, argv: readonly ByteString[]): readonly ByteString[] {
  return gateway.upstream.commands.named(`command|${sub}`) === undefined ? ['COMMAND', 'COUNT'] : argv
}

/** The commands that the gateway has, and the server has not, or not in the same way. */
class Ours {
  readonly all: readonly Command[]
  readonly #names: ReadonlySet<string>
  readonly #connection: GatewayConnection

  constructor(connection: GatewayConnection) {
    const { engine, upstream } = connection.gateway
    this.#connection = connection
    // MODULE is the server's to describe, if it has it.
    this.all = [...engine.commands.commands()].filter(
      ({ module, fullName }) =>
        module !== '<builtin>' || (fullName === 'module' && upstream.commands.named(fullName) === undefined),
    )
    this.#names = new Set(this.all.map(({ fullName }) => fullName))
  }

  /** By its name in any case, `config|get` for a subcommand. */
  of(name: ByteString): Command | undefined {
    return this.hides(name) ? named(this.#connection.gateway.engine.commands, name) : undefined
  }

  /** Whether a name, or that of the container before its `|`, is that of one of them. */
  hides(name: ByteString): boolean {
    return this.#names.has(name.toLowerCase().split('|', 1)[0]!)
  }
}
