import { World } from '@assay/ledger/fixture';
import { describe, expect, it } from 'vitest';
import type { RoleContext } from '../../context.ts';
import type { MessageStream } from '../../ports/network.ts';
import { Line } from './line.ts';

/** A client that takes nothing it is sent, and says nothing. */
const deaf: MessageStream = {
  send: () => new Promise<void>(() => {}),
  messages: { next: () => new Promise<never>(() => {}) },
  close: () => {},
  abort: () => {},
};
const never = new Promise<'left'>(() => {});

describe('the line of requests §5.25', () => {
  const { state } = new World().populate();
  const newLine = () => {
    const runtime = { monotonicMs: () => 0, timer: () => () => {} };
    const context = { chain: { head: () => state }, runtime } as unknown as Pick<RoleContext, 'chain' | 'runtime'>;
    const line = new Line(context, () => false);
    line.update();
    return line;
  };
  const asked = { domain: 0, model: 0, miners: [], payer: 'a', isBackground: false, bytes: 1 };
  const modelOf = (line: Line) => line.view(0, [0]).models[0];

  it('waits for no client that reads nothing: its turn and its leaving come all the same', async () => {
    const line = newLine();
    const slots = modelOf(line)?.slots ?? 0;
    for (let i = 0; i < slots; i++) expect(await line.take(asked, deaf, never)).toBe(true);
    const left = Promise.withResolvers<'left'>();
    const [called, gone] = [line.take(asked, deaf, never), line.take(asked, deaf, left.promise)];
    expect(modelOf(line)).toMatchObject({ inHand: slots, waiting: 2 });
    left.resolve('left');
    expect(await gone).toBe(false);
    line.end(asked, 1);
    expect(await called).toBe(true);
    expect(modelOf(line)).toMatchObject({ inHand: slots, waiting: 0 });
  });

  it('sends on those that wait when its mixer stops, though slots are given back after that', async () => {
    const line = newLine();
    const slots = modelOf(line)?.slots ?? 0;
    for (let i = 0; i < slots; i++) await line.take(asked, deaf, never);
    const waiting = [line.take(asked, deaf, never), line.take(asked, deaf, never)];
    line.stop();
    for (let i = 0; i < slots; i++) line.end(asked, null);
    for (const each of await Promise.allSettled(waiting)) {
      expect(each).toMatchObject({ status: 'rejected', reason: { code: 'NO_MIXER' } });
    }
    expect(modelOf(line)).toMatchObject({ inHand: 0, waiting: 0 });
  });
});
