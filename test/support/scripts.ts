import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { quoteArg, splitArgs } from '../../src/bytes/split-args.js'
import { type Differential, describeDifferential } from './differential.js'
import { connect, type Reply } from './resp-client.js'

/** What goes with a script. The lines are those of `session`: commands, quoted as redis-cli takes them. */
export interface ScriptOptions {
  /** KEYS and ARGV: texts, sent as UTF-8. */
  readonly keys?: readonly string[]
  readonly args?: readonly string[]
  /** The lines that are sent first, to the empty servers. */
  readonly before?: string
  /** The lines that are sent after the script. */
  readonly after?: string
  /** The protocols of the client that sends it, one test for each. */
  readonly resp?: readonly (2 | 3)[]
}

export interface ScriptTests extends Differential {
  /** A test that runs one script by EVAL, in RESP2 unless told otherwise, and compares as `session` does. */
  script(name: string, source: string): void
  script(name: string, options: ScriptOptions, source: string): void
  /**
   * A test of many scripts, each of one line, run one after the other by EVAL in RESP2 and then again in RESP3. All of
   * the replies are compared. Empty lines, and lines that begin with `--`, say nothing.
   */
  each(name: string, sources: string): void
  each(name: string, options: EachOptions, sources: string): void
  /**
   * The same for expressions: every line is a list of them, and the script returns `show` of their values, in RESP2
   * unless told otherwise.
   */
  values(name: string, expressions: string): void
  values(name: string, options: EachOptions, expressions: string): void
}

type EachOptions = Omit<ScriptOptions, 'after'>

/**
 * Lua in one line, to be put in front of a script: the function `show`, which writes its arguments as a text with their
 * types. Tables are written with their keys in order; of functions and their like, there is only the type.
 */
const SHOW: string = `
  local function show(...)
    local function before(a, b)
      if type(a) ~= type(b) then return type(a) < type(b) end
      if type(a) == 'number' then return a < b end
      return tostring(a) < tostring(b)
    end
    local function one(v, above)
      if type(v) == 'string' then return '"' .. v .. '"' end
      if type(v) == 'number' then return string.format('%.17g', v) end
      if type(v) == 'nil' or type(v) == 'boolean' then return tostring(v) end
      if type(v) ~= 'table' then return type(v) end
      if above[v] then return 'itself' end
      above[v] = true
      local keys, parts = {}, {}
      for key in next, v do keys[#keys + 1] = key end
      table.sort(keys, before)
      for i, key in ipairs(keys) do
        local value = one(rawget(v, key), above)
        parts[i] = i == key and value or '[' .. one(key, above) .. ']=' .. value
      end
      above[v] = nil
      return '{' .. table.concat(parts, ', ') .. '}'
    end
    local parts = {}
    for i = 1, select('#', ...) do parts[i] = one((select(i, ...)), {}) end
    return table.concat(parts, ', ')
  end
`
  .trim()
  .replace(/\s*\n\s*/g, ' ')

/** A suite of Lua scripts that are run by krmt and by redis-server 7.0.15. `config`: parameters for both. */
export function describeScripts(
  name: string,
  define: (tests: ScriptTests) => void,
  options: { config?: Readonly<Record<string, string>> } = {},
): void {
  describeDifferential(
    name,
    differential => {
      const script: ScriptTests['script'] = (testName, ...rest: [string] | [ScriptOptions, string]) => {
        const [{ resp = [2] as const, ...given }, source] = withOptions(rest)
        for (const protocol of resp) {
          const lines = [
            protocol === 3 ? '[type] HELLO 3' : '',
            given.before ?? '',
            words(evaluate(source, given)),
            given.after ?? '',
          ]
          differential.session(`${testName}${inProtocol(protocol)}`, lines.join('\n'))
        }
      }

      const each: ScriptTests['each'] = (testName, ...rest: [string] | [ScriptOptions, string]) => {
        const [options, sources] = withOptions(rest)
        compareEach(testName, { resp: BOTH, ...options }, sources, line => line)
      }

      const values: ScriptTests['values'] = (testName, ...rest: [string] | [ScriptOptions, string]) => {
        const [options, expressions] = withOptions(rest)
        compareEach(testName, { resp: [2], ...options }, expressions, line => `${SHOW} return show(${line})`)
      }

      const compareEach = (
        testName: string,
        { resp = BOTH, before, ...given }: ScriptOptions,
        source: string,
        toScript: (line: string) => string,
      ): void => {
        const lines = source
          .split('\n')
          .map(line => line.trim())
          .filter(line => line !== '' && !line.startsWith('--'))
        if (lines.length === 0) throw new Error(`no scripts: ${testName}`)
        for (const protocol of resp) {
          test(`${testName}${inProtocol(protocol)}`, async () => {
            const setUp = commandsOf(before)
            const commands = [...setUp, ...lines.map(line => evaluate(toScript(line), given))]
            const labels = [...setUp.map(command => command.join(' ')), ...lines]
            const { krmt, redis } = differential.servers()
            const [ours, theirs] = await Promise.all(
              [krmt, redis].map(async ({ socketPath }) => {
                const replies = await answers(socketPath, protocol, commands)
                return replies.map((reply, i) => [labels[i], reply])
              }),
            )
            expect(ours).toEqual(theirs)
          })
        }
      }

      define({ ...differential, script, each, values })
    },
    options,
  )
}

/** The source of a script, backslashes as they stand, without the first line break and the indentation that all lines share. */
export function lua(source: TemplateStringsArray, ...values: readonly unknown[]): string {
  const lines = String.raw(source, ...values)
    .replace(/^\n|\n *$/g, '')
    .split('\n')
  const indents = lines.filter(line => line.trim() !== '').map(line => line.length - line.trimStart().length)
  const indent = Math.min(...indents)
  return lines.map(line => line.slice(indent)).join('\n')
}

/** The source of a script as one word of a line of `session`. */
export function code(source: TemplateStringsArray, ...values: readonly unknown[]): string {
  return quoteArg(utf8(lua(source, ...values)))
}

const BOTH: readonly (2 | 3)[] = [2, 3]

/** The name that EVALSHA knows a script by, of its UTF-8. */
export function sha1(source: string): string {
  return createHash('sha1').update(source).digest('hex')
}

function withOptions(rest: [string] | [ScriptOptions, string]): [ScriptOptions, string] {
  return rest.length === 1 ? [{}, rest[0]] : rest
}

function inProtocol(protocol: 2 | 3): string {
  return protocol === 3 ? ' (RESP3)' : ''
}

function evaluate(source: string, { keys = [], args = [] }: ScriptOptions): string[] {
  return ['EVAL', source, String(keys.length), ...keys, ...args].map(utf8)
}

/** The commands that lines of `session` without marks are. */
function commandsOf(lines = ''): string[][] {
  return lines
    .split('\n')
    .map(line => splitArgs(utf8(line)) ?? [])
    .filter(command => command.length > 0)
}

function words(command: readonly string[]): string {
  return command.map(quoteArg).join(' ')
}

function utf8(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

/** What an empty server answers to commands that are sent as one pipeline. */
async function answers(path: string, protocol: 2 | 3, commands: readonly (readonly string[])[]): Promise<Reply[]> {
  const client = await connect({ path })
  try {
    await client.send('FLUSHALL')
    await client.send('HELLO', protocol)
    return await client.sendMany(commands)
  } finally {
    await client.close()
  }
}
