// connect's types name this type of the fetch standard, which Node's own types do not declare.
type HeadersInit = ConstructorParameters<typeof Headers>[0];
