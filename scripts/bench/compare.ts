import { join } from 'node:path';
import type { Case, Sizes } from './case.js';
import { CASES } from './cases.js';
import { compete, type Result, type Rounds } from './measure.js';
import {
  measureHalfLoad,
  measureWithH2load,
  type H2loadResult,
  type HalfLoad,
} from './unary-load.js';
import { PLAIN_WITH_LOG, startLoaded, type Workspace } from './servers.js';

/** The results of all servers in one case, in the order of their turns. */
export interface Comparison {
  readonly name: string;
  readonly unit: string;
  readonly setting: string;
  readonly results: readonly ComparedResult[];
}

/** The results of one server. */
export interface ComparedResult extends Result {
  /** Undefined unless the case is unary. */
  readonly halfLoad?: HalfLoad | undefined;
  /** Undefined as well where h2load is not installed. */
  readonly h2load?: H2loadResult | undefined;
}

export interface ComparisonPlan extends Rounds {
  readonly servers: readonly string[];
  /** All cases if empty. */
  readonly cases: readonly string[];
  readonly sizes: Sizes;
}

/** Runs each case on servers started for it alone, and yields it when it is done. */
export async function* compare(
  workspace: Workspace,
  plan: ComparisonPlan,
): AsyncGenerator<Comparison> {
  for (const one of CASES) {
    if (plan.cases.length > 0 && !plan.cases.includes(one.name)) continue;
    yield await compareIn(one, workspace, plan);
  }
}

async function compareIn(
  { name, unit, setting, ...one }: Case,
  workspace: Workspace,
  { servers, sizes, ...rounds }: ComparisonPlan,
): Promise<Comparison> {
  const load = (port: number): Promise<void> | undefined => one.load?.(port, sizes);
  const contestants = [];
  for (const server of servers) {
    if (server === PLAIN_WITH_LOG && name !== 'GetPhone') continue;
    const running = await startLoaded(workspace, server, `${name}.db`, load);
    const prepared = await one.prepare([running.port], sizes);
    contestants.push({ name: server, servers: [running], prepared });
  }
  const results = await compete(contestants, rounds);
  const halfLoad = await measureHalfLoad(
    contestants,
    results.map(({ perSecond }) => perSecond.median),
    rounds,
  );
  const file = join(workspace.directory, 'request.bin');
  const h2load = await measureWithH2load(contestants, rounds, file);
  for (const { servers: started, prepared } of contestants) {
    prepared.close();
    for (const server of started) await server.stop();
  }
  const compared = results.map((result, index) => ({
    ...result,
    halfLoad: halfLoad[index],
    h2load: h2load[index],
  }));
  return { name, unit, setting, results: compared };
}
