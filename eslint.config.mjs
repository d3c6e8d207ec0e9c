import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['dist/', 'gen/', 'node_modules/'] },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      // Numbers read well in texts; everything else is still refused.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // Adapters take a promise or a value from handlers that need not be async.
      '@typescript-eslint/require-await': 'off',
      curly: ['error', 'multi-line', 'consistent'],
      '@typescript-eslint/explicit-function-return-type': [
        'error',
        { allowExpressions: true, allowTypedFunctionExpressions: true },
      ],
      '@typescript-eslint/naming-convention': [
        'error',
        {
          selector: 'variable',
          modifiers: ['const', 'global'],
          types: ['number', 'string', 'boolean'],
          format: ['UPPER_CASE'],
        },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: ':matches(PropertyDefinition, MethodDefinition)[accessibility="private"]',
          message: 'Write #name: the language keeps it private, also at run time.',
        },
        {
          selector: 'TSParameterProperty[accessibility="private"]',
          message: 'Declare a #field and assign it in the constructor.',
        },
        {
          selector:
            'CallExpression[callee.name="test"], MemberExpression[object.name="test"][property.name=/^(each|only|skip|todo)$/]',
          message: 'Write it(...): the name of a test is a sentence about behaviour.',
        },
      ],
    },
  },
  {
    files: ['**/*.test.ts', '**/*.test.support.ts', 'src/contract/**', 'src/test-support/**'],
    rules: { '@typescript-eslint/explicit-function-return-type': 'off' },
  },
  {
    // The compiler must be able to write down the types that a consumer leaves to inference.
    files: ['scripts/verify/consumers/**'],
    rules: { '@typescript-eslint/explicit-function-return-type': 'off' },
  },
);
