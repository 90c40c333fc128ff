import { type CaseRow, MinerRow, noValidator, SessionRow, State } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { LedgerState } from './state.ts';

describe('the tables of a state', () => {
  it('take the indexes of their own rows: those of another do not compile', () => {
    const state = new LedgerState(State.defaultValue());
    const miner = state.miners.push({ ...MinerRow.defaultValue(), validator: noValidator });
    state.sessions.push(SessionRow.defaultValue());
    const session = state.sessions.push(SessionRow.defaultValue());
    const view = state.view();
    expect([miner, session, view.sessions.at(session)]).toEqual([0, 1, SessionRow.defaultValue()]);
    const { validator } = view.miners.at(miner);
    // What a validator weighs stands at its index.
    expect([state.powers.get(validator), state.validators.get(validator)]).toEqual([undefined, undefined]);
    // @ts-expect-error: a session is no miner.
    expect(state.miners.get(session)).toBeUndefined();
    // @ts-expect-error: nor in a view.
    expect(view.miners.get(session)).toBeUndefined();
    // @ts-expect-error: nor when it is brought up to the epoch.
    expect(() => state.miners.standing(session)).toThrow(RangeError);
    // @ts-expect-error: a validator is no miner.
    expect(() => state.miners.update(validator, {})).toThrow(RangeError);
    // @ts-expect-error: the number of a case is no place of one, which moves.
    const byNumber = ({ id }: CaseRow) => state.cases.get(id);
    expect([...state.cases].map(byNumber)).toEqual([]);
    // @ts-expect-error: the place of a task is none of an audit.
    expect(state.audits.get(state.nextDraw)).toBeUndefined();
  });
});
