import { originOf } from '../module/origin.js'
import { DefinitionError } from '../module/validate.js'
import type { LoadedVersion, ModuleLoadError } from './loader/index.js'

/**
 * What went wrong with a module after its code had run, told at the author's line: that of the command that is wrong, or
 * of defineModule().
 */
export function placedError(
  version: LoadedVersion,
  error: unknown,
  stage: 'check' | 'load',
  definition: unknown,
): ModuleLoadError {
  const origin = originOf(definition)
  if (!(error instanceof DefinitionError)) return version.toLoadError(error, stage, { origin })
  const said = error.problems.map(({ path, message, origin: own }) => ({
    reason: path === '' ? message : `${path}: ${message}`,
    origin: own ?? origin,
  }))
  return version.toLoadError(error, stage, { said, origin })
}
