import type { ByteString } from '../bytes/bytes.js'
import { InvalidValue } from './errors.js'
import { type ParameterType, plainLine, splitSingle, yesNo } from './parameter-type.js'

// What a script writes to switch persistence off is understood; to switch it on is an error, since nobody must
// believe that data is kept when it is not.

/** `save ""`: no snapshots. */
export function noSavePoints(): ParameterType<ByteString> {
  return {
    syntax: '""',
    variadic: true,
    parse(args) {
      const words = splitSingle(args)
      if (words.length === 0) return { value: '', text: '' }
      const isPoints = words.length % 2 === 0 && words.every((word, i) => (i % 2 ? CHANGES : SECONDS).test(word))
      throw new InvalidValue(isPoints ? NOTHING_KEPT : 'Invalid save parameters')
    },
    lines: plainLine,
  }
}

/** `appendonly no`. */
export function noAppendOnly(): ParameterType<boolean> {
  const type = yesNo()
  return {
    ...type,
    syntax: 'no',
    parse(args, previous) {
      const setting = type.parse(args, previous)
      if (setting.value) throw new InvalidValue(NOTHING_KEPT)
      return setting
    },
  }
}

const NOTHING_KEPT = 'krmt keeps no data on disk yet'
const SECONDS = /^[1-9]\d*$/
const CHANGES = /^\d+$/
