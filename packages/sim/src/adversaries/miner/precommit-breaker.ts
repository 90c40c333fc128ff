import { MinerToMixer, messageTypes, Precommit, PrecommitOpening } from '@assay/protocol';
import { protocols, SigningRoots } from '@assay/roles/context';
import type { MessageStream } from '@assay/roles/ports/network';
import type { Adversary } from '../adversary.ts';
import { joining } from '../joining.ts';

export const precommitBreaker: Adversary = {
  name: 'precommit-breaker',
  role: 'miner',
  does: 'It precommits to a random hash, to be in time whatever it has, and opens it with the answer it ends up with.',
  loses: 'The two signatures convict it: a strike and a case for each task, which goes to the next miner.',
  cheapen: null,
  attack: () => (member) => {
    const { signer, context } = member.equipment;
    const roots = new SigningRoots(context.chain.identity);
    const broken = (stream: MessageStream): MessageStream => {
      const hash = context.runtime.random('random precommits').bytes(32);
      const said = (message: MinerToMixer): MinerToMixer => {
        if (message.kind === 'precommit') {
          const precommit = { ...message.value.precommit, hash };
          const signature = signer.sign(roots.of(messageTypes.precommit, Precommit, precommit));
          return { kind: 'precommit', value: { precommit, signature } };
        }
        if (message.kind !== 'reveal') return message;
        const { artifact, opening: honest } = message.value;
        const opening = { ...honest, precommit: { ...honest.precommit, hash } };
        const signature = signer.sign(roots.of(messageTypes.opening, PrecommitOpening, opening));
        return { kind: 'reveal', value: { artifact, opening, signature } };
      };
      const send: MessageStream['send'] = (bytes) =>
        stream.send(MinerToMixer.serialize(said(MinerToMixer.deserialize(bytes))));
      const { messages } = stream;
      return { send, messages, close: () => stream.close(), abort: (unreadable) => stream.abort(unreadable) };
    };
    return joining(member, ({ handle }) => ({
      handle: (protocol, handler) =>
        handle(protocol, protocol === protocols.serve ? (stream, from) => handler(broken(stream), from) : handler),
    }));
  },
};
