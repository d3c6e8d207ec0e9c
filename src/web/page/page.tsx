import { render } from 'preact';
import { PageModel } from './model/page-model.js';
import { App } from './views/app.js';

const root = document.querySelector('#page');
if (root !== null) render(<App model={new PageModel()} />, root);

// Without an export the bundler takes this for CommonJS, and keeps what is never used.
export {};
