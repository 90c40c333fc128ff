import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Rows } from './rows.ts';

const steps = fc.array(
  fc.record({
    kind: fc.constantFrom('push', 'push', 'many', 'set', 'far', 'copy'),
    at: fc.nat(20_000),
    value: fc.nat(),
  }),
  { maxLength: 40 },
);

it('are what an array would be, and so is every copy of them, whichever of the two is changed', () => {
  fc.assert(
    fc.property(steps, (script) => {
      let now = { rows: new Rows<number>(), plain: [] as (number | undefined)[] };
      const all = [now];
      for (const { kind, at, value } of script) {
        const { rows, plain } = now;
        if (kind === 'push') expect(rows.push(value)).toBe(plain.push(value) - 1);
        else if (kind === 'many') for (let i = 0; i < at % 300; i++) plain[rows.push(value + i)] = value + i;
        else if (kind === 'copy') {
          all.push({ rows: rows.copy(), plain: [...plain] });
          now = all[at % all.length] ?? now;
        } else {
          const index = kind === 'far' ? at : at % (plain.length + 1);
          rows.set(index, value);
          plain[index] = value;
        }
      }
      for (const { rows, plain } of all) {
        expect(rows.length).toBe(plain.length);
        expect([...rows]).toEqual(Array.from(plain));
        for (const index of [-1, 0.5, Number.NaN, plain.length]) expect(rows.get(index)).toBeUndefined();
      }
    }),
    { numRuns: 30 },
  );
});
