import fc from 'fast-check'
import { expect, test } from 'vitest'
import { luaWithCjson, quoted, session } from './fixtures/cjson-lua.js'

const { run } = luaWithCjson()

session(
  'decodes literals and strings',
  String.raw`
    cjson.decode('null'), cjson.decode('true'), cjson.decode('false'), cjson.decode(' \t\r\n"x" \n') --> NULL, true, false, 'x'
    cjson.decode('""'), cjson.decode('"abc"'), cjson.decode('"\1\31\127\128\255"') --> '', 'abc', '\001\031\127\128\255'
    cjson.decode([["\"\\\/\b\f\n\r\t"]]), cjson.decode([["a\nb\\c"]]), cjson.decode([["\u0041\u00e9\u20AC\uD83D\uDE00\u0000\uffff"]]) --> '"\/\008\012\010\013\009', 'a\010b\c', 'A\195\169\226\130\172\240\159\152\128\000\239\191\191'
    #cjson.decode('"' .. ('x'):rep(5000) .. '"'), #cjson.decode('"' .. ('\\n'):rep(5000) .. '"'), #cjson.decode('"' .. ('\\ud83d\\ude00'):rep(500) .. '"') --> 5000, 5000, 2000
    cjson.decode('"' .. ('0123456789'):rep(100) .. '\\u00e9"') == ('0123456789'):rep(100) .. '\195\169' --> true
    cjson.decode('"\\n' .. ('0123456789'):rep(20000) .. '"') == '\n' .. ('0123456789'):rep(20000) --> true
    cjson.decode('12 \0 what comes after a NUL is not read') --> 12
    cjson.decode(12.5), cjson.decode(-3) --> 12.5, -3
  `,
)

session(
  'decodes tables',
  String.raw`
    cjson.decode('[]'), cjson.decode('{}'), cjson.decode('[ ]'), cjson.decode('{ }'), cjson.decode(' [ 1 , [ ] ] ') --> {}, {}, {}, {}, {1=1 2={}}
    cjson.decode('[1,"a",null,true,[2.5,{"x":[{}]}]]'), cjson.decode('[null,null]') --> {1=1 2='a' 3=NULL 4=true 5={1=2.5 2={'x'={1={}}}}}, {1=NULL 2=NULL}
    cjson.decode('{"a":1,"b":{"c":[1,2]},"":0,"1":2}'), cjson.decode(' { "a" : 1 , "b" : 2 } ') --> {'a'=1 '1'=2 ''=0 'b'={'c'={1=1 2=2}}}, {'a'=1 'b'=2}
    cjson.decode('{"a":1,"a":2,"b":null,"a":3}'), cjson.decode([[{"\u0061\/\"":1}]]) --> {'a'=3 'b'=NULL}, {'a/"'=1}
    cjson.decode('{"one":1,"two":2,"three":3,"four":4,"five":5,"six":6,"seven":7,"eight":8,"nine":9}') --> {'four'=4 'seven'=7 'eight'=8 'nine'=9 'six'=6 'two'=2 'three'=3 'five'=5 'one'=1}
    #cjson.decode('[' .. ('1,'):rep(9999) .. '1]'), #cjson.decode('[' .. ('[],'):rep(999) .. '{}]') --> 10000, 1000
    (function() local t = cjson.decode('[1,2,3,4,5,6]') t[2] = nil local a = #t t[6] = nil local b = #t t[4] = nil return a, b, #t end)() --> 6, 5, 1
  `,
)

session(
  'decodes numbers as strtod reads them',
  `
    cjson.decode('[0,-0,1,-1,10,123456789012345,1234567890123456,9007199254740993,12345678901234567890]') --> {1=0 2=-0 3=1 4=-1 5=10 6=123456789012345 7=1234567890123456 8=9007199254740992 9=1.2345678901234567e+19}
    cjson.decode('[0.1,-0.5,1.25,3.14159265358979,0.1234567890123456789,100.001,-0.0,1.,-1.]') --> {1=0.10000000000000001 2=-0.5 3=1.25 4=3.14159265358979 5=0.12345678901234568 6=100.001 7=-0 8=1 9=-1}
    cjson.decode('[1e5,1E5,1e+5,1e-5,1.5e3,1.e2,-2e-2,1e308,1e309,-1e309,1e-324,5e-324,0e999]') --> {1=100000 2=100000 3=100000 4=1.0000000000000001e-05 5=1500 6=100 7=-0.02 8=1e+308 9=inf 10=-inf 11=0 12=4.9406564584124654e-324 13=0}
    cjson.decode('[2.4703282292062327e-324,2.4703282292062328e-324,1e23,8.5,9007199254740993.0000000000001]') --> {1=0 2=4.9406564584124654e-324 3=9.9999999999999992e+22 4=8.5 5=9007199254740994}
    cjson.decode('[01,007,00,-01,+1,+.5,-.5,0x10,-0XfF,0x.8,0x1.8,0x1p4,0x1p-4,0x1P+2,0x8p-1075]') --> {1=1 2=7 3=0 4=-1 5=1 6=0.5 7=-0.5 8=16 9=-255 10=0.5 11=1.5 12=16 13=0.0625 14=4 15=1.9762625833649862e-323}
    cjson.decode('[nan,NaN,inf,-inf,INF,Infinity,-iNFINITY,nan(123),nAn(a_1)]') --> {1=nan 2=nan 3=inf 4=-inf 5=inf 6=inf 7=-inf 8=nan 9=nan}
    cjson.decode('[0x1.fffffffffffff7,0x1.fffffffffffff8,0x10000000000000801,0x1p1024,0x1p-1080,0x1.fffffffffffffffp1023]') --> {1=1.9999999999999998 2=2 3=1.8446744073709556e+19 4=inf 5=0 6=inf}
    cjson.decode('0.' .. ('0'):rep(2000) .. '1e2001'), cjson.decode('1' .. ('0'):rep(2000) .. 'e-2000'), cjson.decode(('0'):rep(2000) .. '7') --> 1, 1, 7
    cjson.decode('9007199254740993' .. ('0'):rep(1100) .. '1e-1101'), cjson.decode('9007199254740993' .. ('0'):rep(1101) .. 'e-1101') --> 9007199254740994, 9007199254740992
  `,
)

session(
  'says what it has found where it has expected something else',
  String.raw`
    cjson.decode('') --> error: Expected value but found T_END at character 1
    cjson.decode('  ') --> error: Expected value but found T_END at character 3
    cjson.decode('\0') --> error: Expected value but found T_END at character 1
    cjson.decode('x') --> error: Expected value but found invalid token at character 1
    cjson.decode('\v1') --> error: Expected value but found invalid token at character 1
    cjson.decode('\239\187\1911') --> error: Expected value but found invalid token at character 1
    cjson.decode('tru') --> error: Expected value but found invalid token at character 1
    cjson.decode('True') --> error: Expected value but found invalid token at character 1
    cjson.decode('nul') --> error: Expected value but found invalid token at character 1
    cjson.decode('in') --> error: Expected value but found invalid token at character 1
    cjson.decode('.5') --> error: Expected value but found invalid token at character 1
    cjson.decode('-') --> error: Expected value but found invalid number at character 1
    cjson.decode('+') --> error: Expected value but found invalid number at character 1
    cjson.decode('-.') --> error: Expected value but found invalid number at character 1
    cjson.decode('}') --> error: Expected value but found T_OBJ_END at character 1
    cjson.decode('1 2') --> error: Expected the end but found T_NUMBER at character 3
    cjson.decode('1,') --> error: Expected the end but found T_COMMA at character 2
    cjson.decode('1e') --> error: Expected the end but found invalid token at character 2
    cjson.decode('0x') --> error: Expected the end but found invalid token at character 2
    cjson.decode('[1]]') --> error: Expected the end but found T_ARR_END at character 4
    cjson.decode('[') --> error: Expected value but found T_END at character 2
    cjson.decode('[1') --> error: Expected comma or array end but found T_END at character 3
    cjson.decode('[1,') --> error: Expected value but found T_END at character 4
    cjson.decode('[1,]') --> error: Expected value but found T_ARR_END at character 4
    cjson.decode('[1 2]') --> error: Expected comma or array end but found T_NUMBER at character 4
    cjson.decode('[1:2]') --> error: Expected comma or array end but found T_COLON at character 3
    cjson.decode('[1}') --> error: Expected comma or array end but found T_OBJ_END at character 3
    cjson.decode('[1 "a"') --> error: Expected comma or array end but found T_STRING at character 4
    cjson.decode('[1 null') --> error: Expected comma or array end but found T_NULL at character 4
    cjson.decode('[1 false') --> error: Expected comma or array end but found T_BOOLEAN at character 4
    cjson.decode('[1 {') --> error: Expected comma or array end but found T_OBJ_BEGIN at character 4
    cjson.decode('[1 [') --> error: Expected comma or array end but found T_ARR_BEGIN at character 4
    cjson.decode('[1 nan') --> error: Expected comma or array end but found T_NUMBER at character 4
    cjson.decode('[1 -x') --> error: Expected comma or array end but found invalid number at character 4
    cjson.decode('{') --> error: Expected object key string but found T_END at character 2
    cjson.decode('{"a"') --> error: Expected colon but found T_END at character 5
    cjson.decode('{"a" 1}') --> error: Expected colon but found T_NUMBER at character 6
    cjson.decode('{"a":') --> error: Expected value but found T_END at character 6
    cjson.decode('{"a":1') --> error: Expected comma or object end but found T_END at character 7
    cjson.decode('{"a":1,}') --> error: Expected object key string but found T_OBJ_END at character 8
    cjson.decode('{"a":1 "b":2}') --> error: Expected comma or object end but found T_STRING at character 8
    cjson.decode('{"a":1]') --> error: Expected comma or object end but found T_ARR_END at character 7
    cjson.decode('{a:1}') --> error: Expected object key string but found invalid token at character 2
    cjson.decode('{1:2}') --> error: Expected object key string but found T_NUMBER at character 2
    cjson.decode('{\n  "a": tru\n}') --> error: Expected value but found invalid token at character 10
    cjson.decode('"abc') --> error: Expected value but found unexpected end of string at character 5
    cjson.decode('"a\0b"') --> error: Expected value but found unexpected end of string at character 3
    cjson.decode([["a\q"]]) --> error: Expected value but found invalid escape code at character 3
    cjson.decode([["a\]]) --> error: Expected value but found invalid escape code at character 3
    cjson.decode([["\u12"]]) --> error: Expected value but found invalid unicode escape code at character 2
    cjson.decode([["\u12g4"]]) --> error: Expected value but found invalid unicode escape code at character 2
    cjson.decode([["\ud83d"]]) --> error: Expected value but found invalid unicode escape code at character 2
    cjson.decode([["\ud83d\n"]]) --> error: Expected value but found invalid unicode escape code at character 2
    cjson.decode([["\ud83d\u0041"]]) --> error: Expected value but found invalid unicode escape code at character 2
    cjson.decode([["\ude00"]]) --> error: Expected value but found invalid unicode escape code at character 2
    cjson.decode([["\ude00\udc00"]]) --> error: Expected value but found invalid unicode escape code at character 2
    cjson.decode([[{"\ud83d\ude00\u0041\n\q"]]) --> error: Expected object key string but found invalid escape code at character 23
    cjson.decode([[{"a\x":1}]]) --> error: Expected object key string but found invalid escape code at character 4
    cjson.decode('["a" "b\\x"]') --> error: Expected comma or array end but found invalid escape code at character 8
    cjson.decode('1\0') --> error: JSON parser does not support UTF-16 or UTF-32
    cjson.decode('\0001') --> error: JSON parser does not support UTF-16 or UTF-32
  `,
)

session(
  'decodes only so many levels',
  `
    #cjson.encode(cjson.decode(('['):rep(1000) .. (']'):rep(1000))) --> 2000
    cjson.decode(('['):rep(1001) .. (']'):rep(1001)) --> error: Found too many nested data structures (1001) at character 1001
    cjson.decode(('{"a":'):rep(1001)) --> error: Found too many nested data structures (1001) at character 5001
    cjson.decode((' ['):rep(1001)) --> error: Found too many nested data structures (1001) at character 2002
    set('decode_max_depth', 2).decode('[[1],{"a":2}]'), set('decode_max_depth', 1).decode('{}') --> {1={1=1} 2={'a'=2}}, {}
    set('decode_max_depth', 2).decode('[[1],{"a":[]}]') --> error: Found too many nested data structures (3) at character 11
    set('decode_max_depth', 2^31 - 1).decode(('['):rep(7998) .. (']'):rep(7998)) ~= nil --> true
    set('decode_max_depth', 2^31 - 1).decode(('['):rep(7999) .. (']'):rep(7999)) --> error: Found too many nested data structures (7999) at character 7999
    set('decode_max_depth', 2^31 - 1).decode(('{"a":'):rep(3999) .. '1' .. ('}'):rep(3999)) ~= nil --> true
    set('decode_max_depth', 2^31 - 1).decode(('{"a":'):rep(4000) .. '1' .. ('}'):rep(4000)) --> error: Found too many nested data structures (4000) at character 19996
    set('decode_max_depth', 2^31 - 1).decode('[' .. ('{"a":'):rep(3999)) --> error: Found too many nested data structures (4000) at character 19992
  `,
)

session(
  'decodes the numbers of JSON only when it is told to',
  `
    set('decode_invalid_numbers', false).decode('[0,-0,1.5,-1e-3,1.,0.5,-.5,1e999]') --> {1=0 2=-0 3=1.5 4=-0.001 5=1 6=0.5 7=-0.5 8=inf}
    set('decode_invalid_numbers', false).decode('[01]') --> error: Expected value but found invalid number at character 2
    set('decode_invalid_numbers', false).decode('[-00.5]') --> error: Expected value but found invalid number at character 2
    set('decode_invalid_numbers', false).decode('0x10') --> error: Expected value but found invalid number at character 1
    set('decode_invalid_numbers', false).decode('-0X1') --> error: Expected value but found invalid number at character 1
    set('decode_invalid_numbers', false).decode('nan') --> error: Expected value but found invalid token at character 1
    set('decode_invalid_numbers', false).decode('-nan') --> error: Expected value but found invalid number at character 1
    set('decode_invalid_numbers', false).decode('-Inf') --> error: Expected value but found invalid number at character 1
    set('decode_invalid_numbers', false).decode('Infinity') --> error: Expected value but found invalid token at character 1
    set('decode_invalid_numbers', false).decode('+1') --> error: Expected value but found invalid token at character 1
    set('decode_invalid_numbers', false).decode('[1 +1]') --> error: Expected comma or array end but found invalid token at character 4
    set('decode_invalid_numbers', false).decode('[1 01]') --> error: Expected comma or array end but found invalid number at character 4
    set('decode_invalid_numbers', false).decode('-') --> error: Expected value but found invalid number at character 1
  `,
)

test('garbage is nothing but a Lua error', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '"a"',
    '\\',
    '\\u',
    'd83d',
    '\\n',
    '1',
    '-',
    '0x',
    'e',
    '.',
    'nan',
    'inf',
    'null',
    ' ',
    '\0',
    '\xff',
  )
  const text = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.array(piece, { maxLength: 60 }).map(pieces => Buffer.from(pieces.join(''), 'latin1')),
  )
  fc.assert(
    fc.property(text, given => {
      const result = run(`local ok, e = pcall(cjson.decode, ${quoted(given)}) return ok or type(e) == 'string'`)
      expect(result).toEqual(['true'])
    }),
    { numRuns: 2000 },
  )
})

test('tables that the collector is in the middle of get all their items', () => {
  expect(
    run(`
      collectgarbage('setpause', 0)
      collectgarbage('setstepmul', 20)
      local items = {}
      for i = 1, 20000 do items[i] = '{"a":["' .. i .. '",' .. i .. ',{}]}' end
      local decoded = cjson.decode('[' .. table.concat(items, ',') .. ']')
      collectgarbage('setpause', 200)
      collectgarbage('setstepmul', 200)
      collectgarbage()
      for i = 1, 20000 do
        local item = decoded[i].a
        if item[1] ~= tostring(i) or item[2] ~= i or type(item[3]) ~= 'table' then return 'lost ' .. i end
      end
      return #decoded`),
  ).toEqual(['20000'])
})

test('strings with escapes stay in their memory', () => {
  const { lua, run } = luaWithCjson()
  expect(
    run(`text = '"' .. ('x'):rep(2100) .. '\\\\n' .. ('x'):rep(9999) .. '"' return cjson.decode('"\\\\n"')`),
  ).toEqual(['\n'])
  // Around what has been taken for the first.
  const guards = Array.from({ length: 50 }, () => lua.c.malloc(2048))
  for (const guard of guards) lua.bytes.fill(0x55, guard, guard + 2048)
  expect(run('return #cjson.decode(text)')).toEqual(['12100'])
  for (const guard of guards) {
    expect(lua.bytes.subarray(guard, guard + 2048).every(byte => byte === 0x55)).toBe(true)
    lua.c.free(guard)
  }
})
