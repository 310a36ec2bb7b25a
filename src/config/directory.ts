import { realpathSync, statSync } from 'node:fs'
import { resolve } from 'node:path/posix'
import { type ByteString, fromBuffer, toBuffer } from '../bytes/bytes.js'
import { InvalidValue, systemReason } from './errors.js'
import { type ParameterType, quotedLine, single } from './parameter-type.js'

/** A folder that is there. A relative path starts from the folder set before; the value is its real path. */
export function directory(): ParameterType<ByteString> {
  return {
    ...single('path', (argument, previous) => {
      if (!previous) return { value: argument, text: argument }
      const path = argument === '' ? '' : existingFolder(resolve(previous.value, argument))
      if (path === '') throw new InvalidValue('No such file or directory')
      return { value: path, text: path }
    }),
    // CONFIG REWRITE always writes it, an absolute path being other than the default: whoever reads the file again may
    // do so from another folder.
    lines: quotedLine,
  }
}

function existingFolder(path: ByteString): ByteString {
  try {
    const real = realpathSync(toBuffer(path), 'buffer')
    if (statSync(real).isDirectory()) return fromBuffer(real)
  } catch (error) {
    throw new InvalidValue(systemReason(error))
  }
  throw new InvalidValue('Not a directory')
}
