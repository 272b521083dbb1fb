// The least a program can do: what the start of any of ours is compared with.
int main() {}
