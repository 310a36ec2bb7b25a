import { describe, expect, test } from 'vitest'
import { evaluator } from '../fixtures/evaluate.js'
import { formatFunction } from './string-format.js'

const evaluate = evaluator(lua => ({ string: { format: formatFunction(lua) } }))

// The expected values are redis-server 7.0.15's.
describe('string.format', () => {
  test.each([
    ["string.format('%d', 2^31)", '2147483648'],
    ["string.format('%d', -2^53)", '-9007199254740992'],
    ["string.format('%d', 2^63)", '-9223372036854775808'],
    ["string.format('%d', -2^63)", '-9223372036854775808'],
    ["string.format('%d', 2^63 - 1024)", '9223372036854774784'],
    ["string.format('%i', 3.99)", '3'],
    ["string.format('%d', -3.99)", '-3'],
    ["string.format('%d', -0.5)", '0'],
    ["string.format('%d', 0/0)", '-9223372036854775808'],
    ["string.format('%d', 1/0)", '-9223372036854775808'],
    ["string.format('%d', '0x10')", '16'],
    ["string.format('%d', ' 7 ')", '7'],
    ["string.format('%u', -1)", '18446744073709551615'],
    ["string.format('%u', 2^63 + 2048)", '9223372036854777856'],
    ["string.format('%u', 2^64 - 2048)", '18446744073709549568'],
    ["string.format('%u', 2^64)", '0'],
    ["string.format('%u', -2^64)", '9223372036854775808'],
    ["string.format('%u', 0/0)", '9223372036854775808'],
    ["string.format('%x', 255)", 'ff'],
    ["string.format('%X', 2^40 - 1)", 'FFFFFFFFFF'],
    ["string.format('%x', -255)", 'ffffffffffffff01'],
    ["string.format('%o', 8)", '10'],
    ["string.format('%o', -1)", '1777777777777777777777'],
  ])('Integers have 64 bits: %s', (source, expected) => {
    expect(evaluate(source)).toBe(expected)
  })

  test.each([
    [
      "string.format('[%5d] [%-5d] [%05d] [%+d] [% d] [%+ d]', 42, 42, 42, 42, 42, 42)",
      '[   42] [42   ] [00042] [+42] [ 42] [+42]',
    ],
    ["string.format('[%5d] [%-5d] [%05d]', -42, -42, -42)", '[  -42] [-42  ] [-0042]'],
    ["string.format('[%.3d] [%8.3d] [%08.3d] [%-8.3d]', 7, 7, 7, -7)", '[007] [     007] [     007] [-007    ]'],
    ["string.format('[%.0d] [%+.0d] [%5.0d] [%.0x] [%#.0o]', 0, 0, 0, 0, 0)", '[] [+] [     ] [] [0]'],
    ["string.format('[%#x] [%#X] [%#o] [%#x] [%#o]', 255, 255, 8, 0, 0)", '[0xff] [0XFF] [010] [0] [0]'],
    [
      "string.format('[%#08x] [%#-8x] [%#8x] [%#.5x] [%#.5o]', 255, 255, 255, 255, 8)",
      '[0x0000ff] [0xff    ] [    0xff] [0x000ff] [00010]',
    ],
    ["string.format('[%+u] [% x] [%#d]', 7, 7, 7)", '[7] [7] [7]'],
    ["string.format('[%-05d]', 7)", '[7    ]'],
    ["string.format('[%.d]', 7)", '[7]'],
    [
      "string.format('[%99d]', 7)",
      '[                                                                                                  7]',
    ],
  ])('Flags, width, precision: %s', (source, expected) => {
    expect(evaluate(source)).toBe(expected)
  })

  test.each([
    ["string.format('%c%c%c', 76, 117, 97)", 'Lua'],
    ["string.format('[%3c] [%-3c] [%03c]', 65, 65, 65)", '[  A] [A  ] [  A]'],
    ["string.format('[%c]', 2^32 + 65)", '[]'],
    ["string.format('[%c]', -191)", '[A]'],
    ["string.format('[%3c] [%-3c]', 0, 0)", '[  ] []'],
    [
      "string.format('[%s] [%5s] [%-5s] [%05s] [%.1s] [%5.1s]', 'ab', 'ab', 'ab', 'ab', 'ab', 'ab')",
      '[ab] [   ab] [ab   ] [   ab] [a] [    a]',
    ],
    ["string.format('[%s]', 1.5)", '[1.5]'],
    ["string.format('[%s]', 'a\\0b')", '[a]'],
    ["string.format('[%5s]', 'a\\0b')", '[    a]'],
    ["(#string.format('[%s]', ('x'):rep(98) .. '\\0'))", '100'],
    ["(#string.format('[%s]', ('x'):rep(99) .. '\\0'))", '102'],
    ["(#string.format('[%s]', ('x'):rep(99) .. '\\0y'))", '103'],
    ["(#string.format('[%s]', ('x'):rep(100) .. '\\0y'))", '104'],
    ["(#string.format('[%200s]', 'x'))", 'error: user_script:1: invalid format (width or precision too long)'],
    ["(#string.format('[%99s]', ('x'):rep(100)))", '102'],
    ["(#string.format('[%99.99s]', ('x'):rep(100)))", '101'],
    ["string.format('[%.s] [%.0s]', 'ab', 'ab')", '[] []'],
    ["string.format('%q', 'a\"b\\\\c\\nd\\re\\0f')", '"a\\"b\\\\c\\\nd\\re\\000f"'],
    ["string.format('%10q', 1.5)", '"1.5"'],
    ["string.format('%% %d%%', 5)", '% 5%'],
    ["(#string.format('a\\0b%s\\0', 'c'))", '5'],
  ])('Characters and strings: %s', (source, expected) => {
    expect(evaluate(source)).toBe(expected)
  })

  test.each([
    ["string.format('%f %f %f', 1.5, -1/3, 1e15)", '1.500000 -0.333333 1000000000000000.000000'],
    ["string.format('%.0f %.0f %.0f %.0f %.0f', 0.5, 1.5, 2.5, 3.5, -0.5)", '0 2 2 4 -0'],
    ["string.format('%.2f %.2f %.1f %.1f', 2.675, 1.005, 0.25, 0.35)", '2.67 1.00 0.2 0.3'],
    ["string.format('%.3f', 2^60 + 0.5)", '1152921504606846976.000'],
    ["string.format('%.1f', 1e22)", '10000000000000000000000.0'],
    [
      "string.format('%f', 1e300)",
      '1000000000000000052504760255204420248704468581108159154915854115511802457988908195786371375080447864043704443832883878176942523235360430575644792184786706982848387200926575803737830233794788090059368953234970799945081119038967640880074652742780142494579258788820056842838115669472196386865459400540160.000000',
    ],
    ["string.format('%.20f', 0.1)", '0.10000000000000000555'],
    [
      "string.format('%.99f', 2^-80)",
      '0.000000000000000000000000827180612553027674871408692069962853565812110900878906250000000000000000000',
    ],
    ["string.format('%#.0f %#.0e %#g', 3, 3, 3)", '3. 3.e+00 3.00000'],
    ["string.format('%e %E %.0e %.3e', 12345.678, 1e-10, 2.5, 9.9996)", '1.234568e+04 1.000000E-10 2e+00 1.000e+01'],
    ["string.format('%.0e %.0e %.0e %.0e', 0.5, 1.5, 9.5, 95)", '5e-01 2e+00 1e+01 1e+02'],
    ["string.format('%e', 0)", '0.000000e+00'],
    ["string.format('%e', 1e100)", '1.000000e+100'],
    ["string.format('%g %g %g %g %g', 100000, 1000000, 1e-4, 1e-5, 0.1)", '100000 1e+06 0.0001 1e-05 0.1'],
    ["string.format('%G %G', 1e-10, 1e20)", '1E-10 1E+20'],
    ["string.format('%.14g %.14g %.14g', 0.1, 1/3, 2^53)", '0.1 0.33333333333333 9.007199254741e+15'],
    ["string.format('%.17g %.17g %.17g', 0.1, 1/3, 2^53)", '0.10000000000000001 0.33333333333333331 9007199254740992'],
    ["string.format('%.3g %.3g %.3g %.3g', 999.5, 1000.5, 0.00012345, 99.95)", '1e+03 1e+03 0.000123 100'],
    ["string.format('%.0g %.1g %.1g', 2.5, 0.25, 0.35)", '2 0.2 0.3'],
    ["string.format('%#g %#.3g %#.2g %#.2g', 1.5, 0.00099999, 99.5, 99999)", '1.50000 0.00100 1.e+02 1.0e+05'],
    ["string.format('%.99g', 0.1)", '0.1000000000000000055511151231257827021181583404541015625'],
    [
      "string.format('[%10.3f] [%-10.3f] [%010.3f] [%+.1f] [% .1f]', 3.14159, 3.14159, -3.14159, 2, 2)",
      '[     3.142] [3.142     ] [-00003.142] [+2.0] [ 2.0]',
    ],
    ["string.format('%f %F', 1, 1)", "error: user_script:1: invalid option '%F' to 'format'"],
    ["string.format('%g %g %g %g', 1/0, -1/0, 0/0, -(0/0))", 'inf -inf -nan nan'],
    [
      "string.format('[%08.2f] [%-6g] [%+g] [%E] [%G]', 1/0, -1/0, 1/0, 1/0, 0/0)",
      '[     inf] [-inf  ] [+inf] [INF] [-NAN]',
    ],
    ["string.format('%g %f', -0, 2^-1074)", '-0 0.000000'],
    ["string.format('%5.1f|%g', '0x10', '1e3')", ' 16.0|1000'],
  ])('Floats: %s', (source, expected) => {
    expect(evaluate(source)).toBe(expected)
  })

  test.each([
    ["string.format('%d')", "error: user_script:1: bad argument #2 to 'format' (no value)"],
    ["string.format('%d%d', 1)", "error: user_script:1: bad argument #3 to 'format' (no value)"],
    ["string.format('%d', 'x')", "error: user_script:1: bad argument #2 to 'format' (number expected, got string)"],
    ["string.format('%d', {})", "error: user_script:1: bad argument #2 to 'format' (number expected, got table)"],
    ["string.format('%s', nil)", "error: user_script:1: bad argument #2 to 'format' (string expected, got nil)"],
    ["string.format('%s', true)", "error: user_script:1: bad argument #2 to 'format' (string expected, got boolean)"],
    ["string.format('%q', {})", "error: user_script:1: bad argument #2 to 'format' (string expected, got table)"],
    ["string.format('%y', 1)", "error: user_script:1: invalid option '%y' to 'format'"],
    ["string.format('%', 1)", "error: user_script:1: invalid option '%' to 'format'"],
    ["string.format('%')", "error: user_script:1: bad argument #2 to 'format' (no value)"],
    ["string.format('%5', 1)", "error: user_script:1: invalid option '%' to 'format'"],
    ["string.format('%5%', 1)", "error: user_script:1: invalid option '%%' to 'format'"],
    ["string.format('%ld', 1)", "error: user_script:1: invalid option '%l' to 'format'"],
    ["string.format('%\\0', 1)", "error: user_script:1: invalid option '%' to 'format'"],
    ["string.format('%-----5d', 1)", '1    '],
    ["string.format('%------5d', 1)", 'error: user_script:1: invalid format (repeated flags)'],
    ["string.format('%123d', 1)", 'error: user_script:1: invalid format (width or precision too long)'],
    ["string.format('%.123d', 1)", 'error: user_script:1: invalid format (width or precision too long)'],
    ["string.format('%5.5.5d', 1)", "error: user_script:1: invalid option '%.' to 'format'"],
    ['string.format()', "error: user_script:1: bad argument #1 to 'format' (string expected, got no value)"],
    ['string.format({})', "error: user_script:1: bad argument #1 to 'format' (string expected, got table)"],
    ['string.format(15)', '15'],
    ["('%d'):format()", "error: user_script:1: bad argument #1 to 'format' (no value)"],
  ])('Errors: %s', (source, expected) => {
    expect(evaluate(source)).toBe(expected)
  })
})
