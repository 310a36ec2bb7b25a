/**
 * Where Lua 5.1.5 has what in memory, in bytes, with pointers of 32 bits: good for the one build that wasm.ts lets in. A value
 * (TValue) takes 16 bytes, with its type at 8.
 */

// struct lua_State (lstate.h)
export const STATE_TOP = 8
export const STATE_BASE = 12
export const STATE_C_CALLS = 52
export const STATE_BASE_C_CALLS = 54

// Of all objects of the collector (CommonHeader in lobject.h, lgc.h)
export const MARKED = 5
export const BLACK = 1 << 2

// TString (lobject.h)
export const STRING_LENGTH = 12
export const STRING_CHARS = 16

// Table and Node (lobject.h). A node is the value, the key, and the distance to the next one in what pads the key.
export const TABLE_LOG_NODES = 7
export const TABLE_METATABLE = 8
export const TABLE_ARRAY = 12
export const TABLE_NODES = 16
export const TABLE_ARRAY_SIZE = 28
export const NODE_SIZE = 32
export const NODE_NEXT = 28
