import { panelDuties } from '@assay/ledger';
import type { Ref } from '@assay/protocol';
import type { RoleContext, RoleService } from '../context.ts';
import { Offences } from '../offences.ts';
import type { Endpoint } from '../ports/network.ts';
import { keepsItsTerms } from './acceptance.ts';
import { Audits, type ValidatorOptions } from './audits.ts';

/**
 * Re-checks the tasks the beacon draws for it: commits to numbers, then reveals them (§10.2, §10.3). Votes on the
 * models whose panel it is on (§4.5). Reports the offences that its node notices (§7.4.6).
 */
export class Validator implements RoleService {
  readonly #context: RoleContext;
  readonly #options: ValidatorOptions;
  /** Models whose vote is under way. */
  readonly #voting = new Set<Ref<'models'>>();
  #voted: Promise<unknown> = Promise.resolve();
  #endpoint: Endpoint | null = null;
  #audits: Audits | null = null;
  #unsubscribe: readonly (() => void)[] = [];

  constructor(context: RoleContext, options: ValidatorOptions) {
    this.#context = context;
    this.#options = options;
  }

  async start(): Promise<void> {
    const endpoint = await this.#context.network.join(this.#context.signer);
    const audits = new Audits(this.#context, this.#options, endpoint);
    this.#endpoint = endpoint;
    this.#audits = audits;
    const { chain } = this.#context;
    const { validator, submit } = this.#options;
    const offences = new Offences(this.#context, { validator, submit: (body) => submit('evidence', body) });
    const onBlock = () => {
      audits.takeUp();
      void offences.advance();
      for (const model of panelDuties(chain.head(), this.#options.validator)) this.#takeUp(model);
    };
    this.#unsubscribe = [chain.onOffence((offence) => offences.hear(offence)), chain.onBlock(onBlock)];
  }

  async stop(): Promise<void> {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#audits?.stop();
    this.#endpoint?.leave();
    this.#endpoint = null;
  }

  /** One model at a time: each is loaded and asked. */
  #takeUp(model: Ref<'models'>): void {
    if (this.#voting.has(model)) return;
    this.#voting.add(model);
    this.#voted = this.#voted
      .then(() => this.#vote(model))
      .catch((error: Error) => this.#context.runtime.log(`the vote on model ${model} failed: ${error.message}`))
      .finally(() => this.#voting.delete(model));
  }

  async #vote(model: Ref<'models'>): Promise<void> {
    const registered = this.#context.chain.head().models.at(model);
    const accepts = await keepsItsTerms(registered, this.#options.measuring);
    const { code } = await this.#options.submit('acceptModel', { model, accepts });
    if (code !== 'OK') this.#context.runtime.log(`no vote on model ${model}: ${code}`);
  }
}
