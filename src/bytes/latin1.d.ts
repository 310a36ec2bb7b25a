// Buffer's direct latin1 methods, which Node has and documents, and which @types/node 20 does not declare: they spare
// the look-up of an encoding by name that `toString` and `write` make at each call.
interface Buffer {
  latin1Slice(start?: number, end?: number): string
  utf8Slice(start?: number, end?: number): string
  latin1Write(text: string, offset?: number, length?: number): number
}
