import type { ByteString } from '../bytes/bytes.js'
import { InvalidValue } from './errors.js'
import { formatMemory, MAX_LONG, type ParameterType, parseMemory, type Setting, splitSingle } from './parameter-type.js'

/** When a client is dropped because it does not read its replies. Zero is no limit. */
export interface OutputBufferLimit {
  /** Bytes. Beyond them the client is dropped at once. */
  readonly hard: number
  /** Bytes. Beyond them for `seconds` without a break, the client is dropped. */
  readonly soft: number
  readonly seconds: number
}

/** A limit for each class of clients. */
export interface OutputBufferLimits {
  readonly normal: OutputBufferLimit
  readonly slave: OutputBufferLimit
  readonly pubsub: OutputBufferLimit
}

/**
 * `CLASS HARD SOFT SECONDS`, one or more times. A class that is not named keeps its limit; of a class named twice the
 * last counts.
 */
export function clientOutputBufferLimit(): ParameterType<OutputBufferLimits> {
  return {
    syntax: 'class hard soft seconds, repeated; class is normal, replica (or slave) or pubsub',
    variadic: true,
    parse(args, previous) {
      const words = splitSingle(args)
      if (words.length % 4 !== 0) {
        throw new InvalidValue('Wrong number of arguments in buffer limit configuration.')
      }
      const texts = new Map(previous ? CLASSES.map(name => [name, limitText(previous, name)]) : [])
      for (let i = 0; i < words.length; i += 4) {
        texts.set(parseClass(words[i] ?? ''), parseLimit(words[i + 1] ?? '', words[i + 2] ?? '', words[i + 3] ?? ''))
      }
      return {
        value: {
          normal: limit(texts.get('normal')),
          slave: limit(texts.get('slave')),
          pubsub: limit(texts.get('pubsub')),
        },
        text: CLASSES.map(name => `${name} ${texts.get(name) ?? NO_LIMIT}`).join(' '),
      }
    },
    lines: (setting, standard) =>
      CLASSES.map(name => {
        const text = limitText(setting, name)
        const [hard = '0', soft = '0', seconds = '0'] = text.split(' ')
        return {
          text: `${name === 'slave' ? 'replica' : name} ${formatMemory(BigInt(hard))} ${formatMemory(BigInt(soft))} ${seconds}`,
          differs: text !== limitText(standard, name),
        }
      }),
  }
}

/** As CONFIG GET orders and spells them. */
const CLASSES = ['normal', 'slave', 'pubsub'] as const
type ClientClass = (typeof CLASSES)[number]

const NO_LIMIT = '0 0 0'

function parseClass(word: ByteString): ClientClass {
  const name = word.toLowerCase()
  const found = name === 'replica' ? 'slave' : CLASSES.find(known => known === name)
  if (!found) throw new InvalidValue('Invalid client class specified in buffer limit configuration.')
  return found
}

function parseLimit(hard: ByteString, soft: ByteString, seconds: ByteString): string {
  const hardBytes = parseMemory(hard)
  const softBytes = parseMemory(soft)
  const time = SECONDS.test(seconds) ? BigInt(seconds) : MAX_LONG + 1n
  if (hardBytes === undefined || softBytes === undefined || time > MAX_LONG) {
    throw new InvalidValue('Error in hard, soft or soft_seconds setting in buffer limit configuration.')
  }
  return `${hardBytes} ${softBytes} ${time}`
}

const SECONDS = /^\d+$/

/** The three numbers of one class, cut out of a setting's text. */
function limitText({ text }: Setting<OutputBufferLimits>, name: ClientClass): string {
  const start = CLASSES.indexOf(name) * 4 + 1
  return text
    .split(' ')
    .slice(start, start + 3)
    .join(' ')
}

function limit(text = NO_LIMIT): OutputBufferLimit {
  const [hard = '0', soft = '0', seconds = '0'] = text.split(' ')
  return { hard: Number(hard), soft: Number(soft), seconds: Number(seconds) }
}
