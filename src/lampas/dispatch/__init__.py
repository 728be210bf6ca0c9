"""The agents' client: sends NodeStates, gates on health, settles traffic, undoes; records what nodes report."""
