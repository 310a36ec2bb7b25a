import { Bytes, command, container, defineModule, type Read, type ReadContext, ReplyError, reply, t } from 'krmt/module'

/** Scripts belong to a server, whatever database a client has selected, and so do their names. */
const DATABASE = 0
/** A hash: name to SHA-1, in lower case. */
const NAMES = Bytes.from('{scriptname}:names')
/** A hash: SHA-1 to the script's text, for every script that has a name. */
const TEXTS = Bytes.from('{scriptname}:texts')

const noName = new ReplyError('NONAME Script name not found. Please use SCRIPTNAME SET.')
const noScript = new ReplyError('NOSCRIPT Target SHA not found. Please use SCRIPT LOAD.')

/** SCRIPTNAME SET name sha: names a script, and keeps its text; answers the name. */
const set = command({
  name: 'set',
  summary: 'Gives a script that has been loaded a name, and keeps its text.',
  complexity: 'O(1); O(N) with the number of names when the name was that of another script',
  group: 'scripting',
  flags: ['write', 'denyoom', 'noscript'],
  args: { name: t.bytes(), sha: t.bytes({ name: 'sha1' }) },
  examples: [
    ['SCRIPT LOAD "return 1+1"', 'a27e7e8a43702b7046d4f6a7ccf5b60cef6b9bd9'],
    ['SCRIPTNAME SET two a27e7e8a43702b7046d4f6a7ccf5b60cef6b9bd9', 'two'],
    ['EVALNAME two 0', 2],
  ],
  run({ name, sha: given }, context) {
    const read = context.read.database(DATABASE)
    const write = context.write.database(DATABASE)
    const sha = shaOf(given)
    if (sha === undefined) throw noScript
    const isKept = read.hash(TEXTS).has(sha)
    const text = isKept ? null : context.read.script(sha)
    if (!isKept && text === null) throw noScript
    const before = read.hash(NAMES).get(name)
    write.hash(NAMES).set(name, sha)
    if (text !== null) write.hash(TEXTS).set(sha, text)
    if (before !== null && !before.equals(sha) && isOnlyName(read, name, before)) write.hash(TEXTS).delete(before)
    return name
  },
})

/** SCRIPTNAME GET name: the SHA-1 of the script. */
const get = command({
  name: 'get',
  summary: 'Answers the SHA-1 of the script of a name.',
  complexity: 'O(1)',
  group: 'scripting',
  flags: ['readonly', 'fast', 'noscript'],
  args: { name: t.bytes() },
  examples: [
    ['SCRIPT LOAD "return 1+1"', 'a27e7e8a43702b7046d4f6a7ccf5b60cef6b9bd9'],
    ['SCRIPTNAME SET two a27e7e8a43702b7046d4f6a7ccf5b60cef6b9bd9', 'two'],
    ['SCRIPTNAME GET two', 'a27e7e8a43702b7046d4f6a7ccf5b60cef6b9bd9'],
  ],
  run: ({ name }, { read }) => shaNamed(read.database(DATABASE), name),
})

/** SCRIPTNAME GETALL: all names with their SHA-1s, sorted by name, byte by byte. */
const getall = command({
  name: 'getall',
  summary: 'Answers all names, sorted, each with the SHA-1 of its script.',
  complexity: 'O(N*log(N)) with the number of names',
  group: 'scripting',
  flags: ['readonly', 'noscript'],
  examples: [
    ['SCRIPT LOAD "return 1+1"', 'a27e7e8a43702b7046d4f6a7ccf5b60cef6b9bd9'],
    ['SCRIPTNAME SET two a27e7e8a43702b7046d4f6a7ccf5b60cef6b9bd9', 'two'],
    ['SCRIPTNAME GETALL', { two: 'a27e7e8a43702b7046d4f6a7ccf5b60cef6b9bd9' }],
  ],
  run(_args, { read }) {
    const names = read.database(DATABASE).hash(NAMES).entries()
    const sorted = names.map(({ field, value }) => ({ order: field.toString('latin1'), field, value }))
    sorted.sort((a, b) => (a.order < b.order ? -1 : 1))
    return reply.map(sorted.map(({ field, value }) => [field, value] as const))
  },
})

/** SCRIPTNAME DEL name: forgets a name, and with the last name of a script its text; answers the SHA-1 that it had. */
const del = command({
  name: 'del',
  summary: 'Forgets a name, and with the last name of a script its text.',
  complexity: 'O(N) with the number of names',
  group: 'scripting',
  flags: ['write', 'noscript'],
  args: { name: t.bytes() },
  examples: [
    ['SCRIPT LOAD "return 1+1"', 'a27e7e8a43702b7046d4f6a7ccf5b60cef6b9bd9'],
    ['SCRIPTNAME SET two a27e7e8a43702b7046d4f6a7ccf5b60cef6b9bd9', 'two'],
    ['SCRIPTNAME DEL two', 'a27e7e8a43702b7046d4f6a7ccf5b60cef6b9bd9'],
    ['SCRIPTNAME GETALL', {}],
  ],
  run({ name }, context) {
    const read = context.read.database(DATABASE)
    const write = context.write.database(DATABASE)
    const sha = shaNamed(read, name)
    write.hash(NAMES).delete(name)
    if (isOnlyName(read, name, sha)) write.hash(TEXTS).delete(sha)
    return sha
  },
})

const scriptname = container({
  name: 'scriptname',
  summary: 'Gives names to Lua scripts, for EVALNAME.',
  group: 'scripting',
  subcommands: [set, get, getall, del],
  unknown: 'ERR Unknown scriptName subcommand or arg count',
})

const evalArgs = {
  name: t.bytes(),
  keys: t.countedKeys({ min: 0 }),
  args: t.zeroOrMore(t.bytes()),
}

/** EVALNAME name numkeys [key ...] [arg ...]: runs a script by its name, or by its SHA-1, as EVALSHA does. */
const evalname = command({
  name: 'evalname',
  summary: 'Runs a Lua script by its name.',
  complexity: 'That of the script',
  group: 'scripting',
  flags: ['noscript', 'stale', 'skip_monitor', 'no_mandatory_keys'],
  args: evalArgs,
  examples: [
    [`SCRIPT LOAD "return redis.call('INCRBY', KEYS[1], ARGV[1])"`, '8cd00688c05c46bde4a2e60658ef20a2e5c0b248'],
    ['SCRIPTNAME SET add 8cd00688c05c46bde4a2e60658ef20a2e5c0b248', 'add'],
    ['EVALNAME add 1 visitors 5', 5],
    ['EVALNAME add 1 visitors 2', 7],
    ['SCRIPT FLUSH', 'OK'],
    ['EVALNAME add 1 visitors 1', 8],
    ['COMMAND GETKEYS EVALNAME add 1 visitors 1', ['visitors']],
  ],
  run: (args, context) => run(args, context, false),
})

/** EVALNAME_RO: the same for a script that does not write, as EVALSHA_RO. */
const evalnameReadOnly = command({
  name: 'evalname_ro',
  summary: 'Runs a Lua script by its name, which must not write.',
  complexity: 'That of the script',
  group: 'scripting',
  flags: ['readonly', 'noscript', 'stale', 'skip_monitor', 'no_mandatory_keys'],
  args: evalArgs,
  examples: [
    [`SCRIPT LOAD "return redis.call('GET', KEYS[1])"`, 'd3c21d0c2b9ca22f82737626a27bcaf5d288f99f'],
    ['SCRIPTNAME SET get d3c21d0c2b9ca22f82737626a27bcaf5d288f99f', 'get'],
    ['SET greeting hello', 'OK'],
    ['EVALNAME_RO get 1 greeting', 'hello'],
  ],
  run: (args, context) => run(args, context, true),
})

interface EvalArgs {
  readonly name: Bytes
  readonly keys: readonly Bytes[]
  readonly args: readonly Bytes[]
}

function run({ name, keys, args }: EvalArgs, context: ReadContext, readOnly: boolean) {
  const read = context.read.database(DATABASE)
  // As the original has it: what is no name is taken for a SHA-1.
  const sha = shaOf(read.hash(NAMES).get(name) ?? name)
  if (sha === undefined) throw noScript
  const text = (): Bytes => {
    const kept = read.hash(TEXTS).get(sha)
    if (kept === null) throw noScript
    return kept
  }
  return context.forward.script({ sha, text, keys, args, readOnly })
}

function shaNamed(read: Read, name: Bytes): Bytes {
  const sha = read.hash(NAMES).get(name)
  if (sha === null) throw noName
  return sha
}

/** A SHA-1 as the hashes have it, in lower case; undefined for what is none. */
function shaOf(word: Bytes): string | undefined {
  if (word.length !== 40) return undefined
  const digits = word.toString('latin1').toLowerCase()
  return /^[0-9a-f]+$/.test(digits) ? digits : undefined
}

function isOnlyName(read: Read, name: Bytes, sha: Bytes): boolean {
  const names = read.hash(NAMES).entries()
  return names.every(({ field, value }) => field.equals(name) || !value.equals(sha))
}

export default defineModule({
  name: 'sh.matt.scriptName',
  version: '0.5.0',
  requires: '^1.1',
  commands: [scriptname, evalname, evalnameReadOnly],
})
