import type { Attack } from '@assay/node/host/build-roles';
import { protocols } from '@assay/roles/context';
import { peerIdOf } from '@assay/roles/ports/network';
import { opening } from '../opening.ts';

/** A mixer whose clock makes something else of the time that passes while it measures the line of the first miner. */
export function lyingAbout(toldOf: (passedMs: number) => number): Attack {
  return (member) => {
    const { context } = member.equipment;
    const { runtime, chain } = context;
    let measuring = 0;
    let realMs = runtime.monotonicMs();
    let toldMs = realMs;
    const monotonicMs = () => {
      const nowMs = runtime.monotonicMs();
      const passedMs = nowMs - realMs;
      toldMs += measuring > 0 ? toldOf(passedMs) : passedMs;
      realMs = nowMs;
      return toldMs;
    };
    const equipment = { ...member.equipment, context: { ...context, runtime: { ...runtime, monotonicMs } } };
    return opening({ ...member, equipment }, (open) => async (peer, protocol) => {
      const miner = chain.head().miners.get(0);
      const isLine = protocol === protocols.ping || protocol === protocols.data;
      const stream = await open(peer, protocol);
      if (!isLine || miner === undefined || peerIdOf(miner) !== peer) return stream;
      monotonicMs();
      measuring += 1;
      let isOver = false;
      return {
        send: (message) => stream.send(message),
        messages: stream.messages,
        close: () => stream.close(),
        abort: (unreadable) => {
          monotonicMs();
          if (!isOver) measuring -= 1;
          isOver = true;
          stream.abort(unreadable);
        },
      };
    });
  };
}
