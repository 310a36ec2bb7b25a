import { describeScripts, lua } from '../../support/scripts.js'

describeScripts('struct and bit', ({ each, values }) => {
  each(
    'struct.pack',
    lua`
      return {struct.pack('b', 1), struct.pack('b', -1), struct.pack('b', 127), struct.pack('b', 128), struct.pack('b', 256), struct.pack('B', 255)}
      return {struct.pack('h', 1), struct.pack('h', -2), struct.pack('H', 65535), struct.pack('H', 65536), struct.pack('h', 40000)}
      return {struct.pack('i', 1), struct.pack('i', -2), struct.pack('I', 4294967295), struct.pack('i', 2^31), struct.pack('i', 2^32)}
      return {struct.pack('l', 1), struct.pack('l', -2), struct.pack('L', 2^53), struct.pack('l', 2^62), struct.pack('l', -2^63)}
      return {struct.pack('T', 1), struct.pack('T', 2^40)}
      return {struct.pack('>i', 1), struct.pack('<i', 1), struct.pack('>h', 258), struct.pack('>l', 1), struct.pack('>H<H', 1, 1)}
      return {struct.pack('i1', 1), struct.pack('i2', 258), struct.pack('i3', 66051), struct.pack('i4', 1), struct.pack('i5', 1), struct.pack('i6', 1), struct.pack('i7', 1), struct.pack('i8', 1)}
      return {struct.pack('>i1', -1), struct.pack('>i2', -2), struct.pack('>i3', -3), struct.pack('>i8', -4), struct.pack('>I8', 2^53), struct.pack('i16', 1), struct.pack('>i16', -1), struct.pack('i32', 1)}
      return {struct.pack('f', 1.5), struct.pack('d', 1.5), struct.pack('>f', 1.5), struct.pack('>d', 1.5), struct.pack('f', 0.1), struct.pack('d', 1/3)}
      return {struct.pack('f', 1/0), struct.pack('d', -1/0), struct.pack('f', 1e300), struct.pack('f', 1e-300), struct.pack('d', -0)}
      return {struct.pack('s', ''), struct.pack('s', 'abc'), struct.pack('s', 'a\0b'), struct.pack('ss', 'a', 'b'), struct.pack('s', 12)}
      return {struct.pack('c', 'a'), struct.pack('c1', 'a'), struct.pack('c3', 'abc'), struct.pack('c3', 'abcdef'), struct.pack('c0', 'abc'), struct.pack('c0', ''), struct.pack('bc0', 3, 'abc')}
      return {struct.pack('x'), struct.pack('xx'), struct.pack('bxb', 1, 2), struct.pack('')}
      return {struct.pack('bi', 1, 2), struct.pack('!bi', 1, 2), struct.pack('!4bi', 1, 2), struct.pack('!2bi', 1, 2), struct.pack('!8bl', 1, 2), struct.pack('!1bi', 1, 2), struct.pack('!16bd', 1, 2)}
      return {struct.pack('!bhbib', 1, 2, 3, 4, 5), struct.pack('!4bd', 1, 2), struct.pack('!bs', 1, 'x'), struct.pack('!8i3i', 1, 2)}
      return {struct.pack(' b b ', 1, 2), struct.pack('b b', 1, 2)}
      return {struct.pack('b', 1.9), struct.pack('b', -1.9), struct.pack('i', 2.5), struct.pack('b', '7'), struct.pack('B', -1), struct.pack('I', -1)}
      return {struct.pack('bbb', 1, 2, 3), struct.pack('b', 1, 2, 3), struct.pack('<b>h!4i', 1, 2, 3)}
      return {struct.pack('d', 0/0):len(), struct.pack('f', 0/0):len()}
      return {struct.pack('l', 2^63), struct.pack('L', 2^63), struct.pack('L', 2^64), struct.pack('i', 1e300), struct.pack('i', -2^40)}
      return {struct.pack('h', -2^63), struct.pack('b', 2^53 + 2), struct.pack('>I3', 2^40 + 1)}
    `,
  )

  each(
    'struct.pack: errors',
    lua`
      return struct.pack()
      return struct.pack(nil)
      return struct.pack({})
      return struct.pack('b')
      return struct.pack('bb', 1)
      return struct.pack('b', 'x')
      return struct.pack('b', nil)
      return struct.pack('b', {})
      return struct.pack('s')
      return struct.pack('s', nil)
      return struct.pack('s', {})
      return struct.pack('c5', 'abc')
      return struct.pack('c', '')
      return struct.pack('f', 'x')
      return struct.pack('y', 1)
      return struct.pack('Q', 1)
      return struct.pack('j', 1)
      return struct.pack('z', 'x')
      return struct.pack('\0', 1)
      return struct.pack('é', 1)
      return struct.pack('b\0b', 1, 2)
      return struct.pack('i33', 1)
      return struct.pack('i0', 1)
      return struct.pack('i100', 1)
      return struct.pack('i99999999999', 1)
      return struct.pack('c99999999999', 'x')
      return struct.pack('c2147483648', 'x')
      return struct.pack('!3b', 1)
      return struct.pack('!0b', 1)
      return struct.pack('!32b', 1)
      return struct.pack('!64b', 1)
      return struct.pack('x99999999999')
      return struct.pack('1', 1)
      return struct.pack('=i', 1)
      return struct.pack('x4')
      return struct.pack('-', 1)
      return struct.pack('bX', 1)
    `,
  )

  values(
    'struct.unpack',
    lua`
      struct.unpack('b', '\1')
      struct.unpack('b', '\255')
      struct.unpack('B', '\255')
      struct.unpack('bB', '\128\128')
      struct.unpack('h', '\1\2')
      struct.unpack('>h', '\1\2')
      struct.unpack('H', '\255\255')
      struct.unpack('h', '\255\255')
      struct.unpack('i', '\1\2\3\4')
      struct.unpack('>i', '\255\255\255\254')
      struct.unpack('I', '\255\255\255\255')
      struct.unpack('l', '\1\0\0\0\0\0\0\0')
      struct.unpack('l', ('\255'):rep(8))
      struct.unpack('L', ('\255'):rep(8))
      struct.unpack('>l', '\128\0\0\0\0\0\0\0')
      struct.unpack('>L', '\128\0\0\0\0\0\0\0')
      struct.unpack('T', '\5\0\0\0\0\0\0\0')
      struct.unpack('i3', '\1\2\3')
      struct.unpack('>i3', '\255\255\254')
      struct.unpack('I3', '\255\255\255')
      struct.unpack('i5', '\255\255\255\255\255')
      struct.unpack('I7', '\1\0\0\0\0\0\1')
      struct.unpack('i16', '\1' .. ('\0'):rep(15))
      struct.unpack('>i16', ('\0'):rep(15) .. '\7')
      struct.unpack('f', '\0\0\192\63')
      struct.unpack('>f', '\63\192\0\0')
      struct.unpack('d', '\0\0\0\0\0\0\248\63')
      struct.unpack('>d', '\63\240\0\0\0\0\0\0')
      struct.unpack('f', '\205\204\204\61')
      struct.unpack('>d', '\127\240\0\0\0\0\0\0')
      struct.unpack('s', 'abc\0def')
      struct.unpack('ss', 'a\0b\0')
      struct.unpack('s', '\0')
      struct.unpack('c', 'abc')
      struct.unpack('c3', 'abcdef')
      struct.unpack('bc0', '\3abcdef')
      struct.unpack('Hc0', '\2\0xyz')
      struct.unpack('x', 'a')
      struct.unpack('bxb', '\1\2\3')
      struct.unpack('!bi', '\1\0\0\0\2\0\0\0')
      struct.unpack('!4bhi', '\1\0\2\0\3\0\0\0')
      struct.unpack('', 'x')
      struct.unpack('b', '\1\2\3', 2)
      struct.unpack('b', '\1\2\3', 3)
      struct.unpack('bb', '\1\2\3', 2)
      struct.unpack('!i', '\0\1\0\0\0\2\0\0\0', 2)
      struct.unpack('b', '\1\2\3', '2')
      struct.unpack('b', '\1\2\3', 1.9)
      struct.unpack('<i>i', struct.pack('<i>i', 1, 2))
      struct.unpack('!8bdhs', struct.pack('!8bdhs', 1, 1.5, 3, 'x'))
      struct.unpack('L', struct.pack('L', 2^53))
      struct.unpack('l', struct.pack('l', -2^53))
      struct.unpack('>I8', struct.pack('>I8', 123456789012345))
      struct.unpack('bbbbbbbbbb', '\1\2\3\4\5\6\7\8\9\10')
    `,
  )

  each(
    'struct.unpack: errors',
    lua`
      return struct.unpack()
      return struct.unpack('b')
      return struct.unpack('b', '')
      return struct.unpack('b', nil)
      return struct.unpack('b', {})
      return struct.unpack('h', '\1')
      return struct.unpack('i', '\1\2\3')
      return struct.unpack('l', '\1')
      return struct.unpack('d', '\1')
      return struct.unpack('s', 'abc')
      return struct.unpack('s', '')
      return struct.unpack('c5', 'abc')
      return struct.unpack('c0', 'abc')
      return struct.unpack('bc0', '\5abc')
      return struct.unpack('bc0', '\255abc')
      return struct.unpack('dc0', struct.pack('d', -1) .. 'abc')
      return struct.unpack('dc0', struct.pack('d', 1e300) .. 'abc')
      return struct.unpack('sc0', 'abc\0def')
      return struct.unpack('x', '')
      return struct.unpack('b', 'abc', 4)
      return struct.unpack('b', 'abc', 0)
      return struct.unpack('b', 'abc', -1)
      return struct.unpack('b', 'abc', 100)
      return struct.unpack('b', 'abc', 'x')
      return struct.unpack('b', 'abc', 2^31)
      return struct.unpack('b', 'abc', 2^32 + 1)
      return struct.unpack('b', 'abc', 2^53)
      return struct.unpack('b', 'abc', 1e300)
      return struct.unpack('b', 'abc', -2^63)
      return struct.unpack('y', 'abc')
      return struct.unpack('i33', 'abc')
      return struct.unpack('!3i', 'abc')
      return struct.unpack('c2147483647', 'abc')
      return struct.unpack('c4294967296', 'abc')
      return #{struct.unpack(('b'):rep(5000), ('x'):rep(5000))}
      return #{struct.unpack(('b'):rep(9000), ('x'):rep(9000))}
    `,
  )

  each(
    'struct.size',
    lua`
      return {struct.size('b'), struct.size('h'), struct.size('i'), struct.size('l'), struct.size('T'), struct.size('f'), struct.size('d'), struct.size('c'), struct.size('x')}
      return {struct.size('i3'), struct.size('i16'), struct.size('c10'), struct.size(''), struct.size('bhi'), struct.size('!bhi'), struct.size('!4bl'), struct.size('!8bl'), struct.size(' b ')}
      return {struct.size('!bdb'), struct.size('!2bdb'), struct.size('>!bi<h'), struct.size('!16bbd')}
      return struct.size('s')
      return struct.size('c0')
      return struct.size('bc0')
      return struct.size('y')
      return struct.size()
      return struct.size(nil)
      return struct.size('i33')
      return struct.size('!5i')
      return struct.size('c2147483647')
      return struct.size('c2147483647c2147483647')
      return struct.size('c99999999999')
      return struct.size(1)
    `,
  )

  values(
    'bit: operations',
    lua`
      bit.tobit(0), bit.tobit(1), bit.tobit(-1), bit.tobit(0xffffffff), bit.tobit(0x7fffffff), bit.tobit(0x80000000), bit.tobit(2^32), bit.tobit(2^32 + 5), bit.tobit(2^40 + 1)
      bit.tobit(1.5), bit.tobit(-1.5), bit.tobit(2.5), bit.tobit(0.5), bit.tobit(-0.5), bit.tobit(1e10), bit.tobit(2^51), bit.tobit(2^52), bit.tobit(-2^51), bit.tobit('5'), bit.tobit('0x10')
      bit.bnot(0), bit.bnot(-1), bit.bnot(0xff), bit.bnot(0x12345678)
      bit.band(0xff, 0x0f), bit.band(-1), bit.band(1, 3, 5), bit.band(0xffffffff, 0x80000000), bit.bor(1, 2, 4), bit.bor(0x80000000, 1), bit.bxor(0xff, 0x0f), bit.bxor(1, 1, 1), bit.bor(0), bit.bxor(5)
      bit.lshift(1, 0), bit.lshift(1, 31), bit.lshift(1, 32), bit.lshift(1, 33), bit.lshift(0xff, 24), bit.lshift(1, -1), bit.lshift(3, 1.5)
      bit.rshift(1, 0), bit.rshift(-1, 1), bit.rshift(-1, 31), bit.rshift(-1, 32), bit.rshift(0x80000000, 31), bit.rshift(256, 4)
      bit.arshift(-1, 1), bit.arshift(-256, 4), bit.arshift(256, 4), bit.arshift(0x80000000, 31), bit.arshift(-1, 32), bit.arshift(0x80000000, 4)
      bit.rol(1, 1), bit.rol(0x80000000, 1), bit.rol(0x12345678, 12), bit.rol(1, 32), bit.rol(1, 33), bit.ror(1, 1), bit.ror(0x12345678, 12), bit.ror(1, 32), bit.rol(1, -1)
      bit.bswap(0x12345678), bit.bswap(0xff), bit.bswap(0), bit.bswap(-1), bit.bswap(1)
      bit.tohex(1), bit.tohex(-1), bit.tohex(0xffffffff), bit.tohex(0x12345678), bit.tohex(255, 4), bit.tohex(255, 2), bit.tohex(255, 1), bit.tohex(255, -4), bit.tohex(0xABCDEF, -8), bit.tohex(1, 0)
      bit.tohex(1, 8), bit.tohex(1, 9), bit.tohex(1, 100), bit.tohex(1, -100), bit.tohex(2^32), bit.tohex(-2), bit.tohex(255, 3), bit.tohex(1, -2^31), bit.tohex(1, 2^31)
    `,
  )

  each(
    'bit: numbers out of range',
    lua`
      return {bit.tobit(2^53), bit.tobit(2^53 + 2), bit.tobit(2^54), bit.tobit(1e15), bit.tobit(1e20), bit.tobit(1e300), bit.tobit(-1e20)}
      return {bit.tobit(1/0), bit.tobit(-1/0), bit.tobit(0/0)}
      return {bit.tobit(5e-324), bit.tobit(0.49999999999999994), bit.tobit(3.5), bit.tobit(-2.5), bit.tobit(2^31 - 0.5), bit.tobit(-2^31 - 0.5)}
    `,
  )

  each(
    'bit: errors',
    lua`
      return bit.tobit()
      return bit.tobit(nil)
      return bit.tobit('x')
      return bit.tobit({})
      return bit.tobit(true)
      return bit.bnot()
      return bit.bnot('x')
      return bit.band()
      return bit.band(1, 'x')
      return bit.band(1, nil)
      return bit.bor()
      return bit.bxor({})
      return bit.lshift()
      return bit.lshift(1)
      return bit.lshift(1, 'x')
      return bit.rshift(1, nil)
      return bit.arshift('x', 1)
      return bit.rol(1)
      return bit.ror()
      return bit.bswap()
      return bit.bswap('x')
      return bit.tohex()
      return bit.tohex('x')
      return bit.tohex(1, 'x')
      return bit.nosuch(1)
    `,
  )
})
