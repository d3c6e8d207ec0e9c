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

/** The commands `example route-guide` and `example route-guide serve`. */
export function routeGuideCommand(): Command {
  return companionCommand<Flags>({
    name: 'route-guide',
    summary: 'the features along a route, with all four kinds of RPC',
    converse: routeGuideConversation,
    listen: '127.0.0.1:50051',
    options: [
      new Option('--features <file>', 'JSON file of features (default: ten built-in ones)'),
    ],
    async start({ features: file, ...flags }) {
      const features = createFeatures(file === undefined ? defaultFeatures : readFeatures(file));
      return startWithLog({ ...flags, services: [routeGuide(features)] });
    },
    example: 'serve --listen 127.0.0.1:50051 --features features.json',
  });
}
