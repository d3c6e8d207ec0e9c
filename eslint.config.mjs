import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['dist/', 'gen/', 'node_modules/'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      // Numbers read well in texts; everything else is still refused.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // Adapters take a promise or a value from handlers that need not be async.
      '@typescript-eslint/require-await': 'off',
    },
  },
);
