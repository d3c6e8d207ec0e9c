import { Option, type Command } from 'commander';
import { companionCommand } from '../companion-command.js';
import { startWithLog, type ServeOptions } from '../serve.js';
import { routeGuideConversation } from './conversation.js';
import { defaultFeatures } from './default-features.js';
import { createFeatures, readFeatures } from './features.js';
import { routeGuide } from './route-guide.js';

interface Flags extends ServeOptions {
  readonly features?: string;
}

/** `example route-guide` and `example route-guide serve` */
export function routeGuideCommand(): Command {
  return companionCommand<Flags>({
    name: 'route-guide',
    summary: 'tells what stands along a route, by each of the four kinds of RPC',
    converse: routeGuideConversation,
    listen: '127.0.0.1:50051',
    options: [
      new Option('--features <file>', 'JSON file of features; by default a few of its own'),
    ],
    async start({ features: file, ...flags }) {
      const features = createFeatures(file === undefined ? defaultFeatures : readFeatures(file));
      return startWithLog({ ...flags, services: [routeGuide(features)] });
    },
    example: 'serve --listen 127.0.0.1:50051 --features features.json',
  });
}
