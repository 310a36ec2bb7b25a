import { session } from './fixtures/cjson-lua.js'

session(
  'encodes strings',
  String.raw`
    encoded('', 'plain', 'a "quoted" text', 'back\\slash', 'a/b') --> '""', '"plain"', '"a \"quoted\" text"', '"back\\slash"', '"a\/b"'
    encoded('\0\1\2\3\4\5\6\7\8\9\10\11\12\13\14\15\16\17\18\19\20\21\22\23\24\25\26\27\28\29\30\31\127') --> '"\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f\u007f"'
    encoded('\128\255\195\169\226\130\172') --> '"\128\255\195\169\226\130\172"'
    encoded(('0123456789abcde/'):rep(3)), encoded(('x'):rep(31) .. '"'), encoded(('x'):rep(32) .. '"' .. ('y'):rep(40)) --> '"0123456789abcde\/0123456789abcde\/0123456789abcde\/"', '"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\""', '"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"'
    #encoded(('/'):rep(50000)), #encoded(('x'):rep(50000)), #encoded(('\1'):rep(5000)) --> 100002, 50002, 30002
    encoded({['/"\n\127\200'] = '/'}) --> '{"\/\"\n\u007f\200":"\/"}'
  `,
)

session(
  'encodes numbers with 14 digits',
  `
    encoded(0, -0, 1, -1, 10, 123456789, 2147483647, 2147483648, 4294967296, -99999999999999) --> '0', '0', '1', '-1', '10', '123456789', '2147483647', '2147483648', '4294967296', '-99999999999999'
    encoded(99999999999999, 100000000000000, 123456789012345, 2^53, 2^63, -2^63, 1e15, 1e21, 1e100) --> '99999999999999', '1e+14', '1.2345678901234e+14', '9.007199254741e+15', '9.2233720368548e+18', '-9.2233720368548e+18', '1e+15', '1e+21', '1e+100'
    encoded(0.1, 0.5, -0.25, 12.34, 1234.5678, 0.00012345, 19.99, 1e-4, 1e-5, 0.000099999, 3.14159265358979) --> '0.1', '0.5', '-0.25', '12.34', '1234.5678', '0.00012345', '19.99', '0.0001', '1e-05', '9.9999e-05', '3.1415926535898'
    encoded(1/3, 2/3, 1e14/3, 1e13/3, 0.1 + 0.2, 1e300 * 1.7, 5e-324, 1.7976931348623157e308, 2.2250738585072014e-308) --> '0.33333333333333', '0.66666666666667', '33333333333333', '3333333333333.3', '0.3', '1.7e+300', '4.9406564584125e-324', '1.7976931348623e+308', '2.2250738585072e-308'
    encoded(99999999999999.5, 9999999999999.95, 0.99999999999999999, 999999.99999999999, 0.00099999999999999999) --> '1e+14', '9999999999999.9', '1', '1000000', '0.001'
    encoded(1234567890123.25, 1234567890123.75, 100000000000005, 100000000000015, 2^-20, 1 + 2^-20, 3 + 2^-40) --> '1234567890123.2', '1234567890123.8', '1e+14', '1.0000000000002e+14', '9.5367431640625e-07', '1.0000009536743', '3.0000000000009'
    encoded({[1.5] = 1}), encoded({[1e15] = 1}), encoded({[-1] = 1}), encoded({[0] = 1}), encoded({[1/3] = 1}) --> '{"1.5":1}', '{"1e+15":1}', '{"-1":1}', '{"0":1}', '{"0.33333333333333":1}'
  `,
)

session(
  'encodes what is no text and no number',
  `
    encoded(nil, true, false, cjson.null), cjson.encode({cjson.null, true, false}) --> 'null', '[null,true,false]'
    cjson.encode(show) --> error: Cannot serialise function: type not supported
    (cjson.encode({show})) --> error: Cannot serialise function: type not supported
    cjson.encode({{a = coroutine.create(show)}}) --> error: Cannot serialise thread: type not supported
    cjson.encode({[true] = 1}) --> error: Cannot serialise boolean: table key must be a number or string
    cjson.encode({[{}] = 1}) --> error: Cannot serialise table: table key must be a number or string
    cjson.encode({[show] = 1}) --> error: Cannot serialise function: table key must be a number or string
    cjson.encode({[cjson.null] = 1}) --> error: Cannot serialise userdata: table key must be a number or string
    encoded(1/0) --> error: Cannot serialise number: must not be NaN or Inf
    encoded({-1/0}) --> error: Cannot serialise number: must not be NaN or Inf
    encoded({a = 0/0}) --> error: Cannot serialise number: must not be NaN or Inf
    encoded({[1/0] = 1}) --> error: Cannot serialise number: must not be NaN or Inf
  `,
)

session(
  'encodes tables as arrays or objects',
  `
    encoded({}, {{}}, {1}, {1, 2, 3}, {nil, 2}, {1, nil, 3}, {nil, nil, nil, 4}) --> '{}', '[{}]', '[1]', '[1,2,3]', '[null,2]', '[1,null,3]', '[null,null,null,4]'
    encoded({a = 1}, {1, a = 2}, {[0] = 0, 1}, {1, 2, [2.5] = 3}, {[1] = 'a', ['1'] = 'b'}) --> '{"a":1}', '{"1":1,"a":2}', '{"1":1,"0":0}', '{"1":1,"2":2,"2.5":3}', '{"1":"a","1":"b"}'
    encoded({a = {b = {c = {1, {d = 2}}}}}, {{1}, {2, {3}}}) --> '{"a":{"b":{"c":[1,{"d":2}]}}}', '[[1],[2,[3]]]'
    encoded({[3] = 3}, {[10] = 1}, {[2] = 2, [4] = 4, [6] = 6, [8] = 8, [16] = 16}, {[100] = 1, [50] = 2, [51] = 3}) --> error: Cannot serialise table: excessively sparse array
    encoded((function() local t = {} for i = 1, 40 do t[41 - i] = i end return t end)()) --> '[40,39,38,37,36,35,34,33,32,31,30,29,28,27,26,25,24,23,22,21,20,19,18,17,16,15,14,13,12,11,10,9,8,7,6,5,4,3,2,1]'
    encoded((function() local t = {} for i = 1, 20 do t[i] = i t['k' .. i] = i end for i = 1, 20 do t['k' .. i] = nil end return t end)()) --> '[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]'
    encoded((function() local t = {1, 2, 3} t[2] = nil return t end)(), (function() local t = {1, a = 1} t.a = nil return t end)()) --> '[1,null,3]', '[1]'
    encoded({[2^31] = 1}, {[2^31] = 1, [5] = 2}, {[2^40] = 1, [2^41] = 2}) --> '{"2147483648":1}', '[null,null,null,null,2]', '{"1099511627776":1,"2199023255552":2}'
    encoded(setmetatable({1}, {__index = function() return 7 end, __len = function() return 5 end})) --> '[1]'
    encoded({one = 1, two = 2, three = 3, four = 4, five = 5, six = 6}) --> '{"six":6,"two":2,"one":1,"four":4,"five":5,"three":3}'
  `,
)

session(
  'refuses arrays with too many holes, or writes them as objects',
  `
    encoded({[10] = 1}) --> '[null,null,null,null,null,null,null,null,null,1]'
    encoded({[11] = 1}) --> error: Cannot serialise table: excessively sparse array
    encoded({{a = {1, 2, [100] = 3}}}) --> error: Cannot serialise table: excessively sparse array
    encoded({1, 2, 3, 4, 5, [12] = 6}) --> '[1,2,3,4,5,null,null,null,null,null,null,6]'
    encoded({1, 2, 3, 4, 5, [13] = 6}) --> error: Cannot serialise table: excessively sparse array
    set('encode_sparse_array', true).encode({1, 2, [100] = 3}) --> '{"1":1,"2":2,"100":3}'
    set('encode_sparse_array', true, 2, 100).encode({[4] = 1}) --> '[null,null,null,1]'
    set('encode_sparse_array', false, 0).encode({[20] = 1}) --> '[null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,1]'
    set('encode_sparse_array', false, 1, 0).encode({1, nil, 3}) --> error: Cannot serialise table: excessively sparse array
    set('encode_sparse_array', true, 1, 2).encode({1, nil, 3}) --> '{"1":1,"3":3}'
    set('encode_sparse_array', true, 2^31 - 1, 2).encode({[10] = 1, [20] = 2}) --> '{"10":1,"20":2}'
    set('encode_sparse_array', true, 2^31 - 1, 2).encode({[10] = 1, [20] = 2, [30] = 3}) --> '[null,null,null,null,null,null,null,null,null,1,null,null,null,null,null,null,null,null,null,2,null,null,null,null,null,null,null,null,null,3]'
  `,
)

session(
  'encodes only so many levels',
  `
    #encoded(nested(1000, function(t) return {t} end)), #encoded(nested(1000, function(t) return {a = t} end)) --> 2000, 5996
    encoded(nested(1001, function(t) return {t} end)) --> error: Cannot serialise, excessive nesting (1001)
    encoded((function() local t = {} t.t = t return t end)()) --> error: Cannot serialise, excessive nesting (1001)
    encoded((function() local t = {1, 2, {}} t[3][1] = t return t end)()) --> error: Cannot serialise, excessive nesting (1001)
    set('encode_max_depth', 2).encode({{}}), set('encode_max_depth', 1).encode({1}), set('encode_max_depth', 1).encode(1) --> '[{}]', '[1]', '1'
    set('encode_max_depth', 2).encode({{{}}}) --> error: Cannot serialise, excessive nesting (3)
    set('encode_max_depth', 1).encode({a = 1, b = {}}) --> error: Cannot serialise, excessive nesting (2)
    #set('encode_max_depth', 2^31 - 1).encode(nested(7997, function(t) return {t} end)) --> 15994
    set('encode_max_depth', 2^31 - 1).encode(nested(7998, function(t) return {t} end)) --> error: Cannot serialise, excessive nesting (7998)
    #set('encode_max_depth', 2^31 - 1).encode(nested(3999, function(t) return {a = t} end)) --> 23990
    set('encode_max_depth', 2^31 - 1).encode(nested(4000, function(t) return {a = t} end)) --> error: Cannot serialise, excessive nesting (4000)
    set('encode_max_depth', 2^31 - 1).encode((function() local t = {} t[1] = {a = t} return t end)()) --> error: Cannot serialise, excessive nesting (5333)
    encoded((function() local shared = {1} return {shared, shared, {shared}} end)()) --> '[[1],[1],[[1]]]'
    #encoded((function() local t = {} for i = 1, 9000 do t[i] = {a = {}, b = {{}}} end return t end)()) --> 162001
  `,
)

session(
  'encodes with fewer digits',
  `
    set('encode_number_precision', 1).encode({2.5, 3.5, 0.25, 0.35, 95, 85, 5, 15, 99, 9.5, 0.95}) --> '[2,4,0.2,0.3,1e+02,8e+01,5,2e+01,1e+02,1e+01,0.9]'
    set('encode_number_precision', 3).encode({1234, 999.5, 998.5, 12.345, 0.0001, 100, 1000, 1e9, -2.125, 2.375}) --> '[1.23e+03,1e+03,998,12.3,0.0001,100,1e+03,1e+09,-2.12,2.38]'
    set('encode_number_precision', 7).encode({1/3, 1e6/3, 1e7/3, 1234567, 12345678, 0.1}) --> '[0.3333333,333333.3,3333333,1234567,1.234568e+07,0.1]'
  `,
)

session(
  'encodes NaN and infinity when it is told to',
  `
    set('encode_invalid_numbers', true).encode({1/0, -1/0, 0/0, -(0/0)}) --> '[inf,-inf,nan,nan]'
    set('encode_invalid_numbers', 'on').encode({[1/0] = 1, [-1/0] = 2, x = 3}) --> '{"-inf":2,"inf":1,"x":3}'
    set('encode_invalid_numbers', 'null').encode({1/0, -1/0, 0/0}) --> '[null,null,null]'
    set('encode_invalid_numbers', 'null').encode({[1/0] = 1}) --> '{"null":1}'
    set('encode_invalid_numbers', 'off').encode({1/0}) --> error: Cannot serialise number: must not be NaN or Inf
  `,
)
