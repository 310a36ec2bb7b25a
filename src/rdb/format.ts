// Numbers of the RDB format (rdb.h of redis-server 7.0; https://rdb.fnordig.de/file_format.html describes it).

/** The version that redis-server 7.0 writes; newer ones are refused. */
export const RDB_VERSION = 10

/** What introduces a value that is not a key. */
export const Opcode = {
  /** A library of functions: its code. */
  function2: 245,
  /** The same as the release candidates of 7.0 wrote it: name, engine, description and code apart. */
  function: 246,
} as const

/** The first byte of a length: its highest two bits are 0 for six bits, 1 for fourteen; or it is one of these. */
export const Length = {
  bits14: 0x40,
  bits32: 0x80,
  bits64: 0x81,
  /** With this it is no length: the low six bits are a StringEncoding. */
  encoded: 0xc0,
} as const

export const StringEncoding = { int8: 0, int16: 1, int32: 2, lzf: 3 } as const
