"""A template as CloudFormation sees it in one region: parameters filled in, conditions decided."""

from typing import Any

CHINA = {"AWS::Partition": "aws-cn", "AWS::Region": "cn-north-1", "AWS::URLSuffix": "amazonaws.com.cn"}
_NOTHING = {"Ref": "AWS::NoValue"}


class Resolver:
    """Resolves one ``template``. Parameters that are not ``given`` have their defaults."""

    def __init__(self, template: dict[str, Any], given: dict[str, str]) -> None:
        self._template = template
        defaults = {name: each["Default"] for name, each in template["Parameters"].items() if "Default" in each}
        self._values = defaults | given

    def resources(self) -> dict[str, Any]:
        """Those that are made, by logical name."""
        every = self._template["Resources"].items()
        return {name: self._value(each) for name, each in every if self._made(each)}

    def _made(self, resource: dict[str, Any]) -> bool:
        return "Condition" not in resource or self._holds({"Condition": resource["Condition"]})

    def _value(self, part: Any) -> Any:
        if isinstance(part, list):
            return [self._value(each) for each in part if self._chosen(each) != _NOTHING]
        if not isinstance(part, dict):
            return part
        if part.keys() == {"Fn::If"}:
            return self._value(self._chosen(part))
        if part.keys() == {"Ref"}:
            return self._values.get(part["Ref"], part)
        return {name: self._value(each) for name, each in part.items() if self._chosen(each) != _NOTHING}

    def _chosen(self, part: Any) -> Any:
        """What an If chooses; anything else is itself."""
        while isinstance(part, dict) and part.keys() == {"Fn::If"}:
            name, yes, no = part["Fn::If"]
            part = yes if self._holds({"Condition": name}) else no
        return part

    def _holds(self, condition: dict[str, Any]) -> bool:
        [(kind, operand)] = condition.items()
        match kind:
            case "Condition":
                return self._holds(self._template["Conditions"][operand])
            case "Fn::Equals":
                one, other = (self._value(each) for each in operand)
                return bool(one == other)
            case "Fn::Not":
                return not self._holds(operand[0])
            case "Fn::And":
                return all(self._holds(each) for each in operand)
            case "Fn::Or":
                return any(self._holds(each) for each in operand)
        raise ValueError(f"No condition: {condition}")
