"""Account life: who dies and leaves something, whose number was taken, and what must hold of them."""
