/** The version of what `krmt/module` exports, by the rules of semver; a module says in `requires` which it works with. */
export const interfaceVersion = '1.1.0'

/** What this host can do, so that a module can ask instead of comparing versions. */
export const features = {
  /** `context.read` and `context.write`, and views of strings, hashes and sorted sets. */
  typedViews: true,
  /** `read.string(key).visitSetBits` and `read.sortedSet(key).visitScores` walk the data in place. */
  visits: true,
  /** `context.forward`. */
  forward: true,
  /** `read.script` and `forward.script`. Since 1.1. */
  scripts: true,
  /** `read.database` and `write.database`. Since 1.1. */
  databases: true,
  /** Commands with subcommands. */
  containers: true,
  /** A module's options at load. */
  moduleOptions: true,
} as const
