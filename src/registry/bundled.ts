import { fileURLToPath } from 'node:url'

/** The modules of the kit, by the names that `module-add` takes, with the folder of each. */
export const bundledModules: ReadonlyMap<string, string> = new Map(
  ['poong', 'hmsetnx', 'hmsetif', 'bitallpos', 'geo', 'scriptname'].map(name => [
    name,
    // The folder is at the same place from here in the sources and in the package.
    fileURLToPath(new URL(`../../modules/${name}`, import.meta.url)),
  ]),
)
