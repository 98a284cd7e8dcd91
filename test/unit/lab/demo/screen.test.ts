import { describe, expect, it } from 'vitest';
import { bar, ms, table } from '../../../../src/lab/demo/screen.ts';

const BOLD_A = '\u001b[1ma\u001b[22m';

describe('the screen', () => {
  it('makes columns as wide as their widest cell, colours not counted', () => {
    expect(
      table([
        [BOLD_A, 'b'],
        ['ccc', 'd'],
      ]),
    ).toEqual([`  ${BOLD_A}    b`, '  ccc  d']);
  });

  it('leaves no blanks at the end of a line', () => {
    expect(
      table([
        ['a', ''],
        ['a', 'b'],
      ])[0],
    ).toBe('  a');
  });

  it('draws a share as a bar', () => {
    expect([bar(0, 4), bar(0.5, 4), bar(1, 4)]).toEqual(['', '██', '████']);
  });

  it('shows short times with a fraction', () => {
    expect([ms(1.26), ms(126.4)]).toEqual(['1.3 ms', '126 ms']);
  });
});
